"""From files to validated entries: every fault of every file is kept, nothing stops at the first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from remit.errors import Fault
from remit.knowledge.base import KnowledgeModel

Found = tuple[str, str, KnowledgeModel]
"""Place, id and validated model of one entry."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a section lies on disk: one file per entry, many entries in a file, or a single entry."""

    form: Literal["one", "many", "single"]
    model: type[KnowledgeModel]


def package_dir() -> Path:
    """Where our own knowledge lies."""
    return Path(str(files("remit_knowledge")))


def knowledge_files(root: Path, without: Sequence[str] = ()) -> list[Path]:
    """Every file of a root in a fixed order, but those of some of its folders."""
    found: list[Path] = []
    for place, folders, names in os.walk(root):
        if place == str(root):
            folders[:] = [name for name in folders if name not in without]
        found += [Path(place, name) for name in names if name.endswith(".yaml")]
    return sorted(found)


def named(path: Path, root: Path) -> str:
    """A file as faults name it: short for our own."""
    return path.relative_to(root).as_posix() if root == package_dir() else str(path)


def parsed(path: Path, place: str, faults: list[Fault]) -> Any:
    """What a file holds; None, with a fault, where it cannot be read."""
    import yaml  # who takes everything from the cache parses nothing

    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except UnicodeDecodeError:
        faults.append(Fault(place, "is not UTF-8", "Save it as UTF-8."))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        faults.append(Fault(f"{place}{line}", f"is not YAML: {getattr(error, 'problem', error)}", "Mend the syntax."))
    else:
        if data is None:
            faults.append(Fault(place, "is empty", "Fill it or remove it."))
        return data
    return None


def models(kind: Kind, place: str, stem: str, data: Any, faults: list[Fault]) -> Iterator[Found]:
    """The entries of one file."""
    if kind.form == "many":
        yield from _many(kind.model, place, data, faults)
        return
    if kind.form == "one" and isinstance(data, dict) and data.get("id") != stem:
        faults.append(Fault(place, f"its id is {data.get('id')!r}", f"Name the file after its id, or the id {stem}."))
    if model := _model(kind.model, data, place, faults):
        yield place, stem, model


def _many(model_of: type[KnowledgeModel], place: str, data: Any, faults: list[Fault]) -> Iterator[Found]:
    if not isinstance(data, dict):
        faults.append(Fault(place, "is not a mapping of id to entry", "Give each entry an id."))
        return
    for item_id, body in data.items():
        full = {"id": item_id, **body} if isinstance(body, dict) and "id" in model_of.model_fields else body
        if model := _model(model_of, full, f"{place}: {item_id}", faults):
            yield f"{place}: {item_id}", str(item_id), model


def _model(kind: type[KnowledgeModel], data: Any, place: str, faults: list[Fault]) -> KnowledgeModel | None:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            spot = ".".join(str(x) for x in problem["loc"])
            remedy = "Check the key against the schema."
            if problem["type"] == "extra_forbidden":
                remedy = f"Allowed here: {_allowed(kind, problem['loc'])}."
            elif "sources" in problem["loc"] or "verified" in problem["loc"]:
                remedy = "Every value needs its sources and says how well it was verified."
            faults.append(Fault(f"{place}: {spot}" if spot else place, problem["msg"], remedy))
        return None


def _allowed(kind: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """Keys that may stand where an unknown one was found; the outermost model's where the path cannot be followed."""
    model: Any = kind
    for step in loc[:-1]:
        field = getattr(model, "model_fields", {}).get(str(step))
        inner = [a for a in _model_types(field.annotation)] if field else []
        model = inner[0] if inner else model
    return ", ".join(getattr(model, "model_fields", {}))


def _model_types(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _model_types(arg)]


class Ids:
    """Entries by id as they come in; an id that comes twice is a fault."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self.where: dict[tuple[str, str], str] = {}

    def put(self, section: str, found: Found, entries: dict[str, Any]) -> None:
        """Add an entry to its section."""
        place, item_id, body = found
        if item_id in entries:
            told = f"{item_id} is already in {self.where[section, item_id]}"
            self._faults.append(Fault(place, told, "Ids are never reused."))
        else:
            entries[item_id] = body
            self.where[section, item_id] = place


Places = Mapping[tuple[str, str], str]
