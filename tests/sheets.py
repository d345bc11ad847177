"""XLSX files as no spreadsheet program writes them, part by part."""

import io
import zipfile
from collections.abc import Iterable, Mapping

import openpyxl

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def sheet(rows: Iterable[Iterable[object]]) -> bytes:
    """A file of these rows, as openpyxl writes it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text_cell(text: object, **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<c t="inlineStr"{said}><is><t>{text}</t></is></c>'


def references(**targets: str) -> str:
    links = (
        f'<Relationship Id="{name}" Type="{OFFICE}/{name}" Target="{target}"/>'
        for name, target in targets.items()
    )
    return f"<Relationships {PACKAGE}>{''.join(links)}</Relationships>"


def types(**parts: str) -> str:
    overrides = "".join(
        f'<Override PartName="/{name.replace("__", "/")}.xml" ContentType="{TYPE}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    standard = (
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    namespace = 'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"'
    return f"<Types {namespace}>{standard}{overrides}</Types>"


def parts_of(rows: str, texts: str = "", styles: str = "", properties: str = "") -> dict[str, str]:
    """The members of a file with one sheet, each as the XML that it is."""
    return {
        "[Content_Types].xml": types(
            xl__workbook="sheet.main",
            xl__sheet="worksheet",
            xl__texts="sharedStrings",
            xl__styles="styles",
        ),
        "_rels/.rels": references(officeDocument="xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}">{properties}<sheets>'
        '<sheet name="a" sheetId="1" r:id="worksheet"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": references(
            worksheet="/xl/sheet.xml", sharedStrings="texts.xml", styles="styles.xml"
        ),
        "xl/sheet.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/texts.xml": f"<sst {MAIN}>{texts}</sst>",
        "xl/styles.xml": f"<styleSheet {MAIN}>{styles}</styleSheet>",
    }


def packed(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def handmade(
    rows: str, *, texts: str = "", styles: str = "", properties: str = "", **options: int
) -> bytes:
    return packed(parts_of(rows, texts, styles, properties), **options)
