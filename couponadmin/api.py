"""How HTTP behaves: JSON in, JSON out, and one envelope for every refusal."""

import logging
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.functional import Promise
from django.views import defaults
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.logs import told
from couponadmin.metrics import note_refusals

logger = logging.getLogger(__name__)
PREFIXES = ("/v2/", "/v3/", "/oauth/")
# Far above any documented body, far below what orjson can write.
MAX_DEPTH = 32
LONGEST_MESSAGE = 300
MOST_ERRORS = 100


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: dict | None = None
    ) -> dict[str, Any]:
        # Not from the stream: only `body` refuses what is too large before reading it.
        return json_object(parser_context["request"].body)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds; 756 if it holds none, or one that cannot be stored."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise CouponError(ErrorCode.INPUT, f"The body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise CouponError(ErrorCode.INPUT, "The body must be a JSON object")
    # Both walks are dear; counting bytes tells that nearly every body needs neither.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_too_deep(value):
        raise CouponError(ErrorCode.INPUT, f"The body is nested deeper than {MAX_DEPTH} levels")
    if rb"\u0000" in body:
        refuse_nul(value)
    return value


def is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for _, inner in members(outer)]
    return bool(level)


def refuse_nul(value: Any, path: str = "") -> None:
    """PostgreSQL cannot store NUL characters, so they are refused by the name of their member."""
    for name, inner in members(value):
        inner_path = f"{path}.{name}".lstrip(".").replace("\0", "")
        if "\0" in str(name) or (isinstance(inner, str) and "\0" in inner):
            raise CouponError(ErrorCode.INPUT, f"{inner_path}: NUL characters are not allowed.")
        refuse_nul(inner, inner_path)


def members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return enumerate(value if isinstance(value, list) else ())


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: dict | None = None,
    ) -> bytes:
        return as_json(data)


def as_json(data: Any) -> bytes:
    return orjson.dumps(data, default=plain)


def plain(value: Any) -> float | str:
    """What orjson does not know. Money is decimal inside, a JSON number outside."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value)} has no place in an answer")


class AlwaysJSON(DefaultContentNegotiation):
    """JSON goes out, whatever `Accept` says: tills send headers that nobody thought about."""

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def envelope(*errors: tuple[int, str]) -> dict[str, Any]:
    """The one shape of refusals (docs/integrators.md)."""
    return {
        "errors": [
            {"status": False, "code": code, "message": shortened(message)}
            for code, message in errors
        ]
    }


def shortened(message: str) -> str:
    """Some sentences have in them what was sent, which may be of any length."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"


def refusal(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: what was anticipated, in the envelope; None for a bug."""
    match exc:
        case CouponError():
            return documented((exc.number, exc.message), status=exc.status)
        case exceptions.ValidationError():
            found = islice(sentences(exc.detail), MOST_ERRORS)
            return documented(*((ErrorCode.INPUT.number, text) for text in found))
        case RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            sentence = f"The body is too large: at most {limit} bytes"
            return documented((ErrorCode.INPUT.number, sentence))
        case UnreadablePostError():
            return documented((ErrorCode.INPUT.number, "The body ended too early"))
        case OperationalError() | InterfaceError():
            logger.error("The database did not do its part: %s", told(exc))
            return undocumented(DatabaseAway(), context)
        case Http404():
            return undocumented(exceptions.NotFound(), context)
        case PermissionDenied():
            return undocumented(exceptions.PermissionDenied(), context)
        case exceptions.APIException():
            return undocumented(exc, context)
    return None


class DatabaseAway(exceptions.APIException):
    status_code = 503
    default_detail = "The database is not responding. Please try again."
    wait = 1


def documented(*errors: tuple[int, str], status: int = 400) -> Response:
    note_refusals(number for number, _ in errors)
    return Response(
        envelope(*errors), status=settings.REFUSAL_HTTP_STATUS if status == 400 else status
    )


def undocumented(exc: exceptions.APIException, context: dict[str, Any]) -> Response:
    """A refusal of HTTP itself: its number is the HTTP status."""
    response = Response(envelope((exc.status_code, str(exc.detail))), status=exc.status_code)
    if challenge := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        response["Retry-After"] = str(int(wait))
    if isinstance(exc, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def sentences(detail: Any, path: str = "") -> Iterator[str]:
    """One sentence for each thing that DRF found wrong, after the dotted name of its member."""
    for name, inner in members(detail):
        if isinstance(inner, exceptions.ErrorDetail):
            yield sentence(inner, path)
        else:
            under = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from sentences(inner, under)


def sentence(error: exceptions.ErrorDetail, member: str) -> str:
    if error.code == "required":
        return f"{member} is mandatory to set"
    return f"{member}: {error}" if member else str(error)


def rendered(response: HttpResponse) -> HttpResponse:
    """The response with its bytes made, if it is one of DRF's."""
    if isinstance(response, Response):
        response.content = as_json(response.data)
        response["Content-Type"] = JSONRenderer.media_type
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PREFIXES):
        return JsonResponse(envelope((404, "Not found.")), status=404)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PREFIXES):
        return JsonResponse(envelope((400, "Bad request.")), status=400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(PREFIXES):
        return JsonResponse(envelope((500, "Something went wrong on our side.")), status=500)
    return defaults.server_error(request)
