"""What happens on real connections, where no stand-in for the network hides it."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orchestrator.oracle.remote.http.client import Connection, HttpClient, Request, Response
from orchestrator.oracle.remote.http.exchange import BadReply
from orchestrator.oracle.remote.http.retries import Clock
from orchestrator.oracle.remote.service import Caller, ServiceError
from tests.orchestrator.oracle.remote.raw_server import Deed, RawServer, replies, sends

QUESTION = Request("POST", "/v1/score", content=b"question" * 1000, most=1000)


def client_of(
    port: int, patience: float = 300.0, timeout: float = 30.0, scheme: str = "http"
) -> HttpClient:
    """A client that waits for answers, but not between attempts."""
    connection = Connection(f"{scheme}://127.0.0.1:{port}", timeout=timeout)
    return HttpClient(connection, Caller(patience=patience), clock=Clock(sleep=lambda _: None))


def asked(server: RawServer, patience: float = 300.0, timeout: float = 30.0) -> Response:
    with server.listening() as port:
        return client_of(port, patience, timeout).send(QUESTION)


CUTS: dict[str, Deed] = {
    "after the request was read": sends(),
    "within the first line": sends(b"HTTP/1.1 2"),
    "within the headers": sends(b"HTTP/1.1 200 OK\r\ncontent-le"),
    "before the body": sends(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
    "within the body": sends(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"),
    "within a chunk": sends(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"),
    "between chunks": sends(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n"),
}


@pytest.mark.parametrize("where", CUTS)
def test_a_question_cut_off_is_asked_again_word_for_word(where: str) -> None:
    server = RawServer([CUTS[where], replies(b"answer")])
    assert asked(server).content == b"answer"
    assert len(server.requests) == 2
    assert server.requests[0] == server.requests[1]


@pytest.mark.parametrize("where", CUTS)
def test_a_service_that_always_cuts_is_given_up(where: str) -> None:
    with pytest.raises(ServiceError, match="the connection was cut"):
        asked(RawServer([CUTS[where]]), patience=0)


def test_a_slow_answer_is_asked_for_again() -> None:
    released = threading.Event()

    def waits(connection: socket.socket) -> None:
        assert connection.recv(1) == b"", "the client hangs up"
        released.set()

    server = RawServer([waits, replies(b"answer")])
    assert asked(server, timeout=0.5).content == b"answer"
    assert released.is_set()


def test_a_service_that_says_nothing_is_given_up() -> None:
    def waits(connection: socket.socket) -> None:
        connection.recv(1)

    with pytest.raises(ServiceError, match=r"no answer within 0\.2 s"):
        asked(RawServer([waits]), patience=0, timeout=0.2)


def test_endless_bodies_are_refused_while_they_come() -> None:
    def floods(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with pytest.raises(BadReply, match="more than the 1,000 bytes"):
        asked(RawServer([floods]))


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_told(said: bytes) -> None:
    with pytest.raises(ServiceError, match="what it sends isn't HTTP"):
        asked(RawServer([sends(said)]), patience=0)


def test_nobody_at_home_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(
        ServiceError, match=f"127.0.0.1:{port} hasn't answered .*connection refused"
    ):
        client_of(port, patience=0).send(QUESTION)


def test_unknown_hosts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    connection = Connection("http://nobody.invalid")
    client = HttpClient(connection, Caller(patience=0), clock=Clock(sleep=lambda _: None))
    with pytest.raises(ServiceError, match=r"invalid hasn't .*\(name or service not known\)"):
        client.send(QUESTION)


def test_connections_are_used_again() -> None:
    server = RawServer([replies(b"answer")], keeps=True)
    with server.listening() as port:
        client = client_of(port)
        for _ in range(5):
            client.send(QUESTION)
        client.close()
    assert (server.connections, len(server.requests)) == (1, 5)


def test_long_questions_arrive_whole_and_with_their_length() -> None:
    body = bytes(range(256)) * 10_000 + b"end"
    server = RawServer([sends(), replies(b"answer")])
    with server.listening() as port:
        client_of(port).send(Request("POST", "/", content=body))
    for request in server.requests:
        head, _, rest = request.partition(b"\r\n\r\n")
        assert rest == body
        assert b"content-length: %d" % len(body) in head.lower()
        assert b"transfer-encoding" not in head.lower()


def test_connections_that_the_service_closed_meanwhile_are_replaced() -> None:
    server = RawServer([replies(b"answer")])
    with server.listening() as port:
        client = client_of(port)
        assert [client.send(QUESTION).content for _ in range(3)] == [b"answer"] * 3
    assert server.connections == 3


def test_a_refusal_before_the_body_was_read_is_read() -> None:
    """A server that refuses long bodies doesn't read them first."""
    body = b'{"error": {"code": "too_large", "message": "too long"}}'
    refusal = b"HTTP/1.1 413 x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(refusal)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):  # as servers do, so that the reply isn't lost
                    pass

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        client = client_of(server.getsockname()[1])
        response = client.send(Request("POST", "/", content=bytes(5_000_000)))
        client.close()
        thread.join(30)
    assert response.status == 413


def test_proxies_are_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert asked(RawServer([replies(b"answer")])).content == b"answer"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of nobody's for this machine, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class TestTls:
    def server(self, certificate: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return context

    def test_a_certificate_of_nobodys_is_refused_at_once(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        server = RawServer([replies(b"answer")])
        with server.listening(self.server(certificate)) as port:
            client = client_of(port, scheme="https")
            with pytest.raises(ServiceError, match=r"can't prove who it is: .*SSL_CERT_FILE"):
                client.send(QUESTION)
        assert (server.connections, server.requests) == (1, [])

    def test_a_certificate_that_is_known_is_taken(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with RawServer([replies(b"answer")]).listening(self.server(certificate)) as port:
            assert client_of(port, scheme="https").send(QUESTION).content == b"answer"

    def test_one_who_speaks_without_tls_is_told(self) -> None:
        with RawServer([replies(b"answer")]).listening() as port:
            client = client_of(port, patience=60, scheme="https")
            with pytest.raises(ServiceError, match="speaks no https: write http://"):
                client.send(QUESTION)
