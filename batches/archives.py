"""XLSX files from outside: archives of XML, read as a stream and never as a whole.

A file of some kilobytes can unpack to gigabytes, nest deeper than memory is, or be one endless tag.
So nothing is kept here, and all that could grow is counted.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

LONGEST_TEXT = 64 * 1024
# More than the cells that are read have: each begins, ends, and has up to six events inside.
MOST_EVENTS = 24_000_000
LONGEST_TAG = 256 * 1024
DEEPEST = 1_000
PIECE = 64 * 1024
MOST_AT_ONCE = 1024 * 1024
MOST_UNPACKED = 300_000_000
# Text that repeats itself grows tenfold; small files may grow more.
GROWTH, ROOM = 50, 20_000_000
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
START, TEXT, END = 1, 0, -1

Attributes = dict[str, str]
Event = tuple[int, str, Attributes]
Cell = tuple[str, Attributes, str]

TOO_LARGE = "The sheet is too large for an XLSX file. Save it as CSV."
UNPACKED = (
    "The file has {} bytes when unpacked, more than a file of its size may have ({}). "
    "Save it as CSV."
)
TOO_LONG = "A cell has characters that no text has, or too many."
DOCTYPE = "An XLSX file has no document type. Save it as CSV."


class Unfit(ValueError):
    """The file is not one that is read; why, in words."""


@dataclass
class Wary:
    """A file of which nobody takes much at once: its own list of members may have any length."""

    file: IO[bytes]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self.file.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        found = self.file.read(size if 0 <= size <= MOST_AT_ONCE else MOST_AT_ONCE + 1)
        if len(found) > MOST_AT_ONCE:
            raise Unfit(TOO_LARGE)
        return found


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """The file as an archive; BadZipFile if it is none, Unfit if it would be too large."""
    archive = zipfile.ZipFile(Wary(file))
    refuse_bombs(archive, size=file.seek(0, 2))
    return archive


def refuse_bombs(archive: zipfile.ZipFile, *, size: int) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    most = min(MOST_UNPACKED, ROOM + GROWTH * size)
    if unpacked > most:
        raise Unfit(UNPACKED.format(unpacked, most))
    if any(member.compress_type not in PACKINGS for member in members):
        raise zipfile.BadZipFile("No spreadsheet packs like this")


def pieces(events: Iterator[Event], whole: str) -> Iterator[Cell]:
    """Each element of the name `whole` with the text in it, and the beginning of each row.

    Text is in `v` and `t`; but `rPh` only tells how it is pronounced.
    """
    found: Attributes = {}
    said: list[str] = []
    length, is_text, is_aside = 0, False, False
    for kind, name, attributes in events:
        if kind == TEXT:
            if is_text:
                said.append(name)
                length += len(name)
                if length > LONGEST_TEXT:
                    raise Unfit(TOO_LONG)
        elif name in ("v", "t"):
            is_text = kind == START and not is_aside
        elif name == whole and kind == START:
            found, said, length = attributes, [], 0
        elif name == whole:
            yield whole, found, "".join(said)
        elif name == "rPh":
            is_aside = kind == START
        elif name == "row" and kind == START:
            yield name, attributes, ""


def part(archive: zipfile.ZipFile, name: str) -> Iterator[Event]:
    """What is in a member of the archive; KeyError if there is no such one."""
    with archive.open(name) as stream:
        yield from events(stream)


def events(stream: IO[bytes]) -> Iterator[Event]:
    """Beginnings, texts and ends of an XML file, in order; names without their prefixes."""
    found: list[Event] = []
    parser = parser_into(found)
    fed = count = depth = 0
    while chunk := stream.read(PIECE):
        parser.Parse(chunk)
        fed, count = fed + len(chunk), count + len(found)
        depth += sum(event[0] for event in found)
        if fed - parser.CurrentByteIndex > LONGEST_TAG or count > MOST_EVENTS or depth > DEEPEST:
            raise Unfit(TOO_LARGE)
        yield from found
        found.clear()
    parser.Parse(b"", True)
    yield from found


def parser_into(found: list[Event]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    none: Attributes = {}

    def start(name: str, attributes: Attributes) -> None:
        found.append((START, name.rpartition(":")[2], attributes))

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: found.append((END, name.rpartition(":")[2], none))
    parser.CharacterDataHandler = lambda text: found.append((TEXT, text, none))
    parser.StartDoctypeDeclHandler = refuse_doctype
    return parser


def refuse_doctype(*_: object) -> None:
    # Entities grow, and no spreadsheet has any.
    raise Unfit(DOCTYPE)
