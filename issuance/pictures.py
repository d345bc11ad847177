"""A code as pictures that tills and phones read: SVG inside the page, nothing to load. Pure."""

from itertools import groupby

import segno
from barcode.codex import Code128
from barcode.errors import IllegalCharacterError
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Scanners want ten modules of white on both sides.
QUIET = 10
HEIGHT = 60


def qr_code(code: str) -> SafeString:
    """The QR code of any text."""
    picture = segno.make(code, error="m", micro=False)
    return format_html('<img src="{}" alt="">', picture.svg_data_uri(scale=5, light="#fff"))


def code_128(code: str) -> SafeString | None:
    """The Code 128 of a text; None if it has letters that this barcode does not know."""
    try:
        [modules] = Code128(code).build()
    except IllegalCharacterError:
        return None
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" class="coupon-bars">'
        '<rect width="100%" height="100%" fill="#fff"/><path d="{}" fill="#000"/></svg>',
        len(modules) + 2 * QUIET,
        HEIGHT,
        bars(modules),
    )


def bars(modules: str) -> str:
    """The path of the black bars; `modules`: 1 for black and 0 for white, one unit wide each."""
    path, at = [], QUIET
    for colour, run in groupby(modules):
        width = len(list(run))
        if colour == "1":
            path.append(f"M{at} 6h{width}v{HEIGHT - 12}h-{width}z")
        at += width
    return "".join(path)
