"""The address at which a service listens."""

import ipaddress
import socket

from orchestrator.errors import UserError


def bound(host: str, port: int, *, closed: bool) -> socket.socket:
    """A socket that is bound to an address; it may show only when it listens that another has it.

    Args:
        host: name or address.
        port: 0 takes a free one.
        closed: whether clients need a token.

    Raises:
        UserError: the port is taken, there is no such address, or others could reach a service that
            asks nobody for a token.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise cant_listen(host, port, error) from None
    if not closed and not _is_loopback(address[0]):
        raise UserError(
            f"--host {host}: other machines could use this service without a token. Name an "
            f"environment variable that holds one with --token-from, or leave --host out."
        )
    # Of a socket that states its protocol, asyncio sends small pieces at once (TCP_NODELAY).
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise cant_listen(host, port, error) from None
    return listener


def cant_listen(host: str, port: int, error: Exception) -> UserError:
    """The error about an address that can't be had."""
    reason = getattr(error, "strerror", None) or str(error)
    return UserError(
        f"can't serve at {host}:{port}: {reason}. Choose another port with --port (0 takes a free "
        f"one), or another address with --host."
    )


def others_reach(listener: socket.socket) -> bool:
    """Whether other machines may reach it."""
    return not _is_loopback(listener.getsockname()[0])


def address_of(listener: socket.socket) -> str:
    """The address for clients, such as `http://127.0.0.1:8008`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_loopback(address: object) -> bool:
    return ipaddress.ip_address(str(address).partition("%")[0]).is_loopback
