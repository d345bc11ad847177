"""Where events may be sent, for how long, and what of an answer counts."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from outbox import sending
from outbox.sending import FORBIDDEN, HTTP_AT_HOME, Unsent, flaw, post, refuse_forbidden
from tests.embedded_postgres import free_port
from tests.receiver import Receiver, running

LONG = "https://shop.example.org/" + "a" * 400


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_HTTP = True
    with running() as server:
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.3)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate of 127.0.0.1 that nobody but itself vouches for."""
    program = shutil.which("openssl")
    if not program:
        pytest.skip("openssl is not installed: apt install openssl")
    home = tmp_path_factory.mktemp("certificate")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    files = ["-keyout", home / "key.pem", "-out", home / "cert.pem"]
    subprocess.run([program, "req", *kind, *names, *files], check=True, capture_output=True)
    return home / "cert.pem", home / "key.pem"


@pytest.mark.parametrize(
    ("url", "strict", "lenient"),
    [
        ("https://shop.example.org", True, True),
        ("https://shop.example.org:8443/a/b?c=d", True, True),
        (LONG, True, True),
        ("https://[2001:db8::1]/hook", True, True),
        ("http://shop.example.org/hook", False, True),
        ("http://127.0.0.1:8000/hook", False, True),
        ("", False, False),
        ("shop.example.org", False, False),
        ("https://", False, False),
        ("https:///hook", False, False),
        ("https://shop.example.org:99999/", False, False),
        ("https://shop.example.org:0/", False, False),
        ("https://shop.example.org:x/", False, False),
        ("https://user:secret@shop.example.org/", False, False),
        ("https://@shop.example.org/", False, False),
        ("https://shop.example.org/#part", False, False),
        ("https://shop.example.org/a b", False, False),
        ("https://shop.example.org/\r\nX-Evil: 1", False, False),
        ("https://shop.example.org/\x00", False, False),
        ("https://caf\u00e9.example.org/", False, False),
        ("https://[::1", False, False),
        ("ftp://shop.example.org/", False, False),
        ("file:///etc/passwd", False, False),
        ("gopher://shop.example.org/", False, False),
    ],
)
def test_which_addresses_are_taken(settings: Any, url: str, strict: bool, lenient: bool) -> None:
    for settings.WEBHOOK_ALLOW_HTTP, taken in ((False, strict), (True, lenient)):
        assert (flaw(url) == "") is taken
        if not taken:
            with pytest.raises(Unsent):
                post(url, b"[]", {})


@pytest.mark.parametrize(
    ("address", "https", "http"),
    [
        ("93.184.215.14", "", HTTP_AT_HOME),
        ("2606:2800:21f:cb07::1", "", HTTP_AT_HOME),
        ("127.0.0.1", "", ""),
        ("::1", "", ""),
        ("10.1.2.3", "", ""),
        ("192.168.0.9", "", ""),
        ("172.16.5.5", "", ""),
        ("fd00::1", "", ""),
        ("::ffff:10.0.0.1", "", ""),
        ("::ffff:8.8.8.8", "", HTTP_AT_HOME),
        ("169.254.169.254", FORBIDDEN, FORBIDDEN),
        ("::ffff:169.254.169.254", FORBIDDEN, FORBIDDEN),
        ("fe80::1", FORBIDDEN, FORBIDDEN),
        ("64:ff9b::a9fe:a9fe", FORBIDDEN, FORBIDDEN),
        ("0.0.0.0", FORBIDDEN, FORBIDDEN),
        ("::", FORBIDDEN, FORBIDDEN),
        ("224.0.0.1", FORBIDDEN, FORBIDDEN),
        ("255.255.255.255", FORBIDDEN, FORBIDDEN),
        ("240.0.0.1", FORBIDDEN, FORBIDDEN),
    ],
)
def test_which_machines_are_called(address: str, https: str, http: str) -> None:
    for scheme, sentence in (("https", https), ("http", http)):
        assert refusal(address, scheme) == sentence


def refusal(address: str, scheme: str) -> str:
    try:
        refuse_forbidden(ip_address(address), scheme)
    except Unsent as unsent:
        return str(unsent)
    return ""


def test_a_forbidden_machine_is_never_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 0.0.0.0 reaches this very machine.
    with pytest.raises(Unsent, match="not one that events are sent to"):
        post(f"http://0.0.0.0:{receiver.server_port}/", b"[]", {})

    assert receiver.requests == []


def test_a_name_is_sent_along_though_its_address_is_called(receiver: Receiver) -> None:
    post(f"http://localhost:{receiver.server_port}/hook", b"[]", {"X-A": "b"})

    [request] = receiver.requests
    assert request.headers["host"] == f"localhost:{receiver.server_port}"
    assert request.headers["x-a"] == "b"
    assert request.body == b"[]"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda request: status
    receiver.answer_headers = {"Location": receiver.url}

    with pytest.raises(Unsent, match=f"It answered {status}."):
        post(receiver.url, b"[]", {})

    assert len(receiver.requests) == 1


def test_of_a_long_answer_the_beginning_is_enough(receiver: Receiver) -> None:
    receiver.answer = lambda request: 200
    receiver.answer_body = b"x" * 50_000_000

    started = time.monotonic()
    post(receiver.url, b"[]", {})

    assert time.monotonic() - started < 2


def test_an_answer_that_drips_is_too_slow(receiver: Receiver, hurried: None) -> None:
    receiver.drip = True

    started = time.monotonic()
    with pytest.raises(Unsent, match="It took longer than"):
        post(receiver.url, b"[]", {})

    assert time.monotonic() - started < 2


def test_a_server_that_says_nothing_is_too_slow(settings: Any, hurried: None) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    with sending.socket.create_server(("127.0.0.1", 0)) as silent:
        for scheme in ("http", "https"):
            with pytest.raises(Unsent, match="It took longer than"):
                post(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/", b"[]", {})


@pytest.mark.parametrize(
    ("host", "sentence"),
    [("127.0.0.1", "It refused the connection."), ("nowhere.invalid", "Its name is not known.")],
)
def test_nobody_is_there(settings: Any, host: str, sentence: str) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True

    with pytest.raises(Unsent, match=sentence):
        post(f"http://{host}:{free_port()}/", b"[]", {})


def test_what_speaks_no_http_breaks_off(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    with running() as server:
        server.RequestHandlerClass = lambda request, *rest: request.sendall(b"SSH-2.0-x\r\n")

        with pytest.raises(Unsent, match="The connection broke off."):
            post(server.url, b"[]", {})


def test_tls_with_a_trusted_certificate(
    receiver: Receiver, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.secure(server_side(*certificate))
    trusted = ssl.create_default_context(cafile=certificate[0])
    monkeypatch.setattr(sending, "trust", lambda: trusted)

    post(receiver.url, b"[1]", {})

    [request] = receiver.requests
    assert request.body == b"[1]"
    assert request.headers["host"] == f"127.0.0.1:{receiver.server_port}"


def test_tls_with_a_certificate_of_nobody(
    receiver: Receiver, certificate: tuple[Path, Path]
) -> None:
    receiver.secure(server_side(*certificate))

    with pytest.raises(Unsent, match="Its certificate is not trusted."):
        post(receiver.url, b"[]", {})

    assert receiver.requests == []


def test_tls_with_a_certificate_of_somebody_else(
    receiver: Receiver, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.secure(server_side(*certificate))
    trusted = ssl.create_default_context(cafile=certificate[0])
    monkeypatch.setattr(sending, "trust", lambda: trusted)

    with pytest.raises(Unsent, match="Its certificate is not trusted."):
        post(receiver.url.replace("127.0.0.1", "localhost"), b"[]", {})

    assert receiver.requests == []


def test_https_to_a_server_that_speaks_http(receiver: Receiver) -> None:
    with pytest.raises(Unsent, match="It does not speak TLS as it should."):
        post(receiver.url.replace("http:", "https:"), b"[]", {})


def server_side(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
