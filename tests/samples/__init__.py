"""The JSON samples of the API's documents, and how an answer is held against one."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def sample(name: str) -> Any:
    """The document's sample of that name, without its file ending."""
    return json.loads((HERE / f"{name}.json").read_text())


def differences(documented: Any, answered: Any, *, made: set[str], path: str = "") -> list[str]:
    """Where an answer departs from the sample, member by member.

    `made` names members whose values the server makes: there only the type must be the same.
    Members beside the documented ones are told, too; type means JSON type (500.0 is not 500).
    """
    name = path.rsplit(".", 1)[-1]
    if type(documented) is not type(answered):
        return [f"{path}: {documented!r} became {answered!r}"]
    if isinstance(documented, dict):
        missing = [f"{path}.{key} is missing" for key in documented.keys() - answered.keys()]
        extra = [f"{path}.{key} is not documented" for key in answered.keys() - documented.keys()]
        return (
            missing
            + [e for e in extra if e.split(" ")[0].rsplit(".", 1)[-1] not in made]
            + [
                line
                for key in documented.keys() & answered.keys()
                for line in differences(
                    documented[key], answered[key], made=made, path=f"{path}.{key}"
                )
            ]
        )
    if isinstance(documented, list):
        if len(documented) != len(answered):
            return [f"{path}: {len(documented)} entries became {len(answered)}"]
        return [
            line
            for old, new in zip(documented, answered, strict=True)
            for line in differences(old, new, made=made, path=path)
        ]
    return (
        []
        if name in made or documented == answered
        else [f"{path}: {documented!r} became {answered!r}"]
    )
