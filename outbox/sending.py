"""One POST to an address that somebody typed in: bounded in time, and not to everywhere.

The address is looked up once, checked, and that very address is called, so that a name cannot
mean another machine a moment later. Redirects are not followed, and proxies are not asked.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

SECONDS = 5.0
# Read so that a receiver can finish its answer; nobody looks at it.
MOST_READ = 1024

FORM = "It must look like https://shop.example.org/coupons, in ASCII, without a name or password."
HTTPS_ONLY = "It must begin with https://."
HTTP_AT_HOME = "http:// is for private addresses only; others need https://."
FORBIDDEN = "Its network address is not one that events are sent to."
TOO_SLOW = f"It took longer than {SECONDS:.0f} seconds."

Address = IPv4Address | IPv6Address


class Unsent(Exception):
    """Why a POST was not taken, in a sentence that quotes nothing of what was answered."""


def flaw(url: str) -> str:
    """Why nothing is sent to such an address, in a sentence; empty if it may be."""
    try:
        target = urlsplit(url)
        well_formed = bool(target.hostname) and target.port != 0
    except ValueError:
        return FORM
    if not well_formed or not is_plain(url) or target.username is not None or target.fragment:
        return FORM
    if target.scheme == "http" and settings.WEBHOOK_ALLOW_HTTP:
        return ""
    return "" if target.scheme == "https" else HTTPS_ONLY


def is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Sends it and waits, SECONDS in all, for an answer of 2xx; raises Unsent for all else."""
    if sentence := flaw(url):
        raise Unsent(sentence)
    target = urlsplit(url)
    deadline = time.monotonic() + SECONDS
    try:
        status = exchange(connect(target, deadline), target, body, headers, deadline)
    except (OSError, HTTPException, ValueError) as error:
        late = time.monotonic() >= deadline or isinstance(error, TimeoutError)
        raise Unsent(TOO_SLOW if late else told(error)) from error
    if not 200 <= status < 300:
        raise Unsent(f"It answered {status}.")


def connect(target: SplitResult, deadline: float) -> socket.socket:
    """A connection to the first of its addresses that takes one; all of them must be allowed."""
    port = target.port or (443 if target.scheme == "https" else 80)
    found = socket.getaddrinfo(target.hostname, port, type=socket.SOCK_STREAM)
    places = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for place in places:
        refuse_forbidden(ip_address(place.partition("%")[0]), target.scheme)
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection((place, port), left(deadline))
    return socket.create_connection((places[-1], port), left(deadline))


def refuse_forbidden(address: Address, scheme: str) -> None:
    """Link-local addresses are where clouds answer questions about the machine itself."""
    address = getattr(address, "ipv4_mapped", None) or address
    at_home = address.is_loopback or (address.is_private and not address.is_link_local)
    odd = address.is_link_local or address.is_multicast or address.is_unspecified
    if odd or (address.is_reserved and not address.is_loopback):
        raise Unsent(FORBIDDEN)
    if scheme == "http" and not at_home:
        raise Unsent(HTTP_AT_HOME)


def exchange(
    plain: socket.socket,
    target: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    deadline: float,
) -> int:
    """The number of the answer. One timer ends it, however slowly the bytes drip."""
    line = wrapped(plain, str(target.hostname)) if target.scheme == "https" else plain
    timer = Timer(left(deadline), hang_up, [line])
    timer.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        response = request(line, target, body, headers)
        if time.monotonic() >= deadline:
            # Headers that end because the timer hung up look like all of them.
            raise TimeoutError
        with suppress(OSError, HTTPException):
            response.read(MOST_READ)
        return response.status
    finally:
        timer.cancel()
        line.close()


def request(
    line: socket.socket, target: SplitResult, body: bytes, headers: Mapping[str, str]
) -> HTTPResponse:
    host, port = str(target.hostname), target.port
    secure = target.scheme == "https"
    http = HTTPSConnection(host, port, context=trust()) if secure else HTTPConnection(host, port)
    http.sock = line
    path = target.path or "/"
    http.request("POST", f"{path}?{target.query}" if target.query else path, body, headers)
    return http.getresponse()


def wrapped(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return trust().wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)


@cache
def trust() -> ssl.SSLContext:
    """The machine's certificate authorities, or those of SSL_CERT_FILE; reading them takes long."""
    return ssl.create_default_context()


def hang_up(line: socket.socket) -> None:
    """Wakes whoever waits for this connection; an SSLSocket's own method would ask the peer."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def left(deadline: float) -> float:
    """The seconds until then; for a connection 0 would mean not to wait at all."""
    return max(deadline - time.monotonic(), 0.01)


def told(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Its certificate is not trusted."
    if isinstance(error, ssl.SSLError):
        return "It does not speak TLS as it should."
    if isinstance(error, socket.gaierror | ValueError):
        return "Its name is not known."
    if isinstance(error, ConnectionRefusedError):
        return "It refused the connection."
    return "The connection broke off."
