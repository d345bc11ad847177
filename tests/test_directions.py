"""Data flows one way: which app may import which, and which room of an app which other."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

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
OUTER = {"services", "ledger", "serializers", "shapes"}
DOORS = {"views", "admin", "tasks", "urls", "forms"}
# Named like a door: what the pages of all apps are made of.
NO_DOORS = ("couponadmin.plain_admin",)


class Module(NamedTuple):
    """A module of an app, and the dotted names that it imports."""

    app: str
    name: str
    room: str
    tree: ast.Module
    imports: frozenset[str]


def modules() -> Iterator[Module]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" not in path.parts and not name.startswith(tuple(WIRING)):
                tree = ast.parse(path.read_text())
                yield Module(app, name, path.stem, tree, frozenset(imports(tree)))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_door(room: str) -> bool:
    return room.split("_")[-1] in DOORS


def knows_an_app_above(module: Module) -> bool:
    known = {name.split(".")[0] for name in module.imports} & set(APPS)
    return any(
        APPS.index(other) > APPS.index(module.app) or (module.app, other) in STRANGERS
        for other in known
    )


def knows_a_door_but_is_none(module: Module) -> bool:
    return not is_door(module.room) and any(
        name.startswith(tuple(f"{app}." for app in APPS))
        and is_door(name.split(".")[1])
        and not name.startswith(NO_DOORS)
        and (name.split(".")[0] != module.app or name.split(".")[1] in DOORS)
        for name in module.imports
    )


def is_inner_but_knows_an_outer_room(module: Module) -> bool:
    own = [name for name in module.imports if name.startswith(f"{module.app}.")]
    return module.room in INNER and any(name.split(".")[1] in OUTER for name in own)


def imports_in_a_function(module: Module) -> bool:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(
        isinstance(inner, ast.Import | ast.ImportFrom)
        for node in ast.walk(module.tree)
        if isinstance(node, functions)
        for inner in ast.walk(node)
    )


Rule = Callable[[Module], bool]
RULES: list[Rule] = [
    knows_an_app_above,
    knows_a_door_but_is_none,
    is_inner_but_knows_an_outer_room,
    imports_in_a_function,
]


@pytest.mark.parametrize("breaks_the_rule", RULES)
def test_no_module(breaks_the_rule: Rule) -> None:
    assert [module.name for module in modules() if breaks_the_rule(module)] == []


BAD = """
from customers.admin import CustomerAdmin
from redemption.services import redeem
from series.services import create_series
def f():
    import json
"""


@pytest.mark.parametrize("breaks_the_rule", RULES)
def test_a_module_that_breaks_all_rules_is_found(breaks_the_rule: Rule) -> None:
    tree = ast.parse(BAD)
    module = Module("series", "series/rules.py", "rules", tree, frozenset(imports(tree)))

    assert breaks_the_rule(module)
