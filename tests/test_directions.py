"""Data flows one way: which app may import which, and which room of an app which other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# An app may import those that stand before it.
APPS = [
    "couponadmin",
    "outbox",
    "customers",
    "series",
    "issuance",
    "batches",
    "redemption",
    "marketing",
]
STRANGERS = {("series", "customers"), ("redemption", "batches")}
# What starts everything may know everything.
WIRING = {"couponadmin/urls.py", "couponadmin/settings.py", "couponadmin/management"}
# Rooms from the inside out; a room may import those that stand before it.
INNER = {"models", "errors", "asks", "times", "expiry", "rules", "checks", "codes", "codespace"}
DOORS = {"views", "admin", "tasks", "urls", "forms"}
# Named like doors: what pages are made of, and what has no room of its own yet.
NO_DOORS = ("couponadmin.plain_admin", "batches.forms.PERMISSIONS")


def modules() -> Iterator[tuple[str, Path]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" not in path.parts and not name.startswith(tuple(WIRING)):
                yield app, path


MODULES = list(modules())


def is_door(name: str) -> bool:
    return name.split("_")[-1] in DOORS


def is_door_of_another(app: str, name: str) -> bool:
    """Whether a dotted name is in the door of another app: `customers.admin.CustomerAdmin`."""
    other, room = name.split(".")[:2] if "." in name else (name, "")
    shared = any(name.startswith(each) for each in NO_DOORS)
    return other in APPS and other != app and is_door(room) and not shared


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(("app", "path"), MODULES, ids=str)
def test_an_app_knows_only_those_below_it(app: str, path: Path) -> None:
    known = {name.split(".")[0] for name in imports(path)} & set(APPS)

    above = {other for other in known if APPS.index(other) > APPS.index(app)}
    strangers = {other for other in known if (app, other) in STRANGERS}
    assert above | strangers == set()


@pytest.mark.parametrize(("app", "path"), MODULES, ids=str)
def test_only_doors_know_doors_and_inner_rooms_know_no_services(app: str, path: Path) -> None:
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith(f"{app}.")}

    assert is_door(path.stem) or not rooms & DOORS
    assert path.stem not in INNER or not rooms & {"services", "ledger", "serializers", "shapes"}


@pytest.mark.parametrize(("app", "path"), MODULES, ids=str)
def test_only_doors_know_doors_of_other_apps(app: str, path: Path) -> None:
    known = {name for name in imports(path) if is_door_of_another(app, name)}

    assert is_door(path.stem) or known == set()


@pytest.mark.parametrize(("app", "path"), MODULES, ids=str)
def test_no_function_imports(app: str, path: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = [
        f"{node.name}:{inner.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, functions)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert inside == []
