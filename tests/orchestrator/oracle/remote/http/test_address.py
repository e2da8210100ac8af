from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.oracle.remote.http.address import check_address, origin_of, place_of


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        (" https://Models.Example.org/ ", "https://models.example.org"),
        ("HTTPS://models.example.org:8443/clip/v2/", "https://models.example.org:8443/clip/v2"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://localhost", "http://localhost"),
        ("http://gpu_7.lab:80/a%20b", "http://gpu_7.lab:80/a%20b"),
    ],
)
def test_addresses_are_taken_in_their_shortest_spelling(text: str, address: str) -> None:
    assert check_address(text) == address
    assert check_address(address) == address


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("127.0.0.1:8000", "http:// or https://"),
        ("models.example.org", "http:// or https://"),
        ("ftp://models.example.org", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("", "http:// or https://"),
        ("http://", "expected a host"),
        ("http:///path", "expected a host"),
        ("http://:8000", "expected a host"),
        ("http://two words", "expected a host"),
        ("http://-a.b", "expected a host"),
        ("http://höst", "expected a host"),
        ("http://a:99999", "address of a service"),
        ("http://a:0", "strange port"),
        ("http://a:", "strange port"),
        ("http://a:b", "address of a service"),
        ("http://[::1", "address of a service"),
        ("http://a/?key=1", "query or fragment"),
        ("http://a#b", "query or fragment"),
        ("http://a/?", "query or fragment"),
        ("http://a\\b", "query or fragment"),
        ("http://a/../b", "strange path"),
        ("http://a/b c", "strange path"),
        ("http://a//b", "strange path"),
    ],
)
def test_other_texts_are_refused(text: str, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        check_address(text)


@pytest.mark.parametrize("text", ["http://me:s3cret@a", "https://s3cret@a:1/b", "me:s3cret@a"])
def test_passwords_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="token_from") as caught:
        check_address(text)
    assert "s3cret" not in str(caught.value)


@given(st.text() | st.text(alphabet="htps:/@[]?#.%0a\\ \t\n").map(lambda text: f"http://{text}"))
def test_whatever_is_taken_is_taken_again(text: str) -> None:
    try:
        address = check_address(text)
    except ValueError:
        return
    assert check_address(address) == address
    assert address.isascii()
    assert not set(address) & set("@?#\\ \n")


def test_places_are_shown_without_what_stands_around_them() -> None:
    assert place_of("https://models.example.org:8443/clip") == "models.example.org:8443"


def test_origins_know_usual_ports() -> None:
    assert origin_of("http://a.b/c") == origin_of("http://a.b:80") == ("http", "a.b", 80)
    assert origin_of("https://a.b") != origin_of("http://a.b")
