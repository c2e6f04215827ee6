"""Reads `remit_knowledge` and a site's own files, validates them as a whole, and hands out frozen knowledge.

All faults of all files are reported at once. What was read and found sound is kept as one JSON file in the user's cache
folder, so that the next start does not parse hundreds of YAML files; the cache key covers every file's path, size and
time, and a cache that cannot be read or written is simply not used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from remit.errors import Fault, KnowledgeError
from remit.knowledge.base import KnowledgeModel
from remit.knowledge.checks import cross_check
from remit.knowledge.library import MANY, ONE, SINGLE, Knowledge, Library

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def package_dir() -> Path:
    """Where our own knowledge lies."""
    return Path(str(files("remit_knowledge")))


def load_knowledge(extra: Path | None = None, *, codes_dir: Path | None = None, use_cache: bool = True) -> Knowledge:
    """All knowledge: ours, and beside it a site's own.

    Parameters
    ----------
    extra : Path, optional
        A folder laid out as `remit_knowledge` (definitions/, adequacy/, drugs/, sources/ ...); ids may not repeat ours.
    codes_dir : Path, optional
        A folder of code maps that the user is licensed to use.

    Raises
    ------
    KnowledgeError
        With every fault of every file.
    """
    roots = [package_dir(), *([extra] if extra else [])]
    for root in [*roots[1:], *([codes_dir] if codes_dir else [])]:
        if not root.is_dir():
            raise KnowledgeError([Fault(str(root), "is not a folder", "Name a folder that exists.")])
    paths = [path for root in roots for path in _files(root)]
    cache = _cache_file(paths) if use_cache else None
    library = _read_cache(cache)
    if library is None:
        library = read_library(roots)
        _write_cache(cache, library)
    version = (package_dir() / "VERSION").read_text(encoding="utf-8").strip()
    return Knowledge(library, version, tuple(roots), codes_dir)


def read_library(roots: list[Path]) -> Library:
    """Parse and validate the files under `roots`; no cache.

    Raises
    ------
    KnowledgeError
        With every fault of every file.
    """
    faults: list[Fault] = []
    found: dict[str, dict[str, Any]] = {name: {} for name in (*MANY, *ONE)}
    single: dict[str, Any] = {}
    where: dict[tuple[str, str], str] = {}
    for root in roots:
        for section, place, item_id, body in _entries(root, faults):
            if section in SINGLE:
                single[section] = body
            elif item_id in found[section]:
                faults.append(
                    Fault(place, f"{item_id} is already in {where[section, item_id]}", "Ids are never reused.")
                )
            else:
                found[section][item_id] = body
                where[section, item_id] = place
    for name in SINGLE:
        if name not in single and not faults:
            faults.append(Fault(f"{name}.yaml", "is missing", "Restore it."))
    if faults:
        raise KnowledgeError(faults)
    parts: dict[str, Any] = {k: dict(sorted(v.items())) for k, v in found.items()}
    library = Library.model_construct(None, **parts, **single)
    if problems := cross_check(library, where):
        raise KnowledgeError(problems)
    return library


def _files(root: Path) -> list[Path]:
    return sorted(p for p in root.rglob("*.yaml") if "evidence" not in p.relative_to(root).parts)


def _entries(root: Path, faults: list[Fault]) -> Iterator[tuple[str, str, str, KnowledgeModel]]:
    """Section, place, id and validated model of everything under a root; faults are appended."""
    for path in _files(root):
        parts = path.relative_to(root).parts
        place = "/".join(parts) if root == package_dir() else str(path)
        section = parts[0] if len(parts) > 1 else path.stem
        if section in ("text", "cases"):
            continue
        data = _parse(path, place, faults)
        if data is None:
            continue
        if section == "safety" and path.stem == "crisis_lines":
            section, data = "crisis_lines", {f"{row.get('country', '?')}_{i}": row for i, row in enumerate(data)}
        if len(parts) == 1 and isinstance(data, dict) and "shape" in data:
            section = "definitions"
        section = {"drugs": "treatments", "adequacy": "rules"}.get(section, section)
        yield from _models(section, place, path.stem, data, faults)


def _models(
    section: str, place: str, stem: str, data: Any, faults: list[Fault]
) -> Iterator[tuple[str, str, str, KnowledgeModel]]:
    if section in SINGLE:
        if model := _model(SINGLE[section], data, place, faults):
            yield section, place, stem, model
    elif section in ONE:
        if isinstance(data, dict) and data.get("id") != stem:
            faults.append(
                Fault(place, f"its id is {data.get('id')!r}", f"Name the file after its id, or the id {stem}.")
            )
        if model := _model(ONE[section], data, place, faults):
            yield section, place, stem, model
    elif section in MANY:
        if not isinstance(data, dict):
            faults.append(Fault(place, "is not a mapping of id to entry", "Give each entry an id."))
            return
        for item_id, body in data.items():
            full = {"id": item_id, **body} if isinstance(body, dict) and "id" in MANY[section].model_fields else body
            if model := _model(MANY[section], full, f"{place}: {item_id}", faults):
                yield section, f"{place}: {item_id}", str(item_id), model
    else:
        known = ", ".join(sorted({*MANY, *ONE, *SINGLE, "drugs", "adequacy", "safety"} - {"rules", "crisis_lines"}))
        faults.append(Fault(place, f"nothing is read from {section!r}", f"Known folders and files: {known}."))


def _parse(path: Path, place: str, faults: list[Fault]) -> Any:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
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


def _cache_file(paths: list[Path]) -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache" if "HOME" in os.environ else None)
    if base is None:
        return None
    digest = hashlib.blake2b(digest_size=16)
    code = [p for p in Path(__file__).parent.glob("*.py")]
    for path in [*code, *paths]:
        stat = path.stat()
        digest.update(f"{path}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return Path(base) / "remit" / f"knowledge-{digest.hexdigest()}.json"


def _read_cache(path: Path | None) -> Library | None:
    try:
        return Library.model_validate_json(path.read_bytes()) if path and path.is_file() else None
    except (OSError, ValueError):
        return None


def _write_cache(path: Path | None, library: Library) -> None:
    """Write beside and move into place, so that a reader never meets half a file; forget older keys."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("knowledge-*.json"):
            old.unlink(missing_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(library.model_dump_json(by_alias=True, exclude_defaults=True), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        return
