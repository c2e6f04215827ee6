"""Reads `remit_knowledge` and a site's own files, validates them as a whole, and hands out frozen knowledge.

All faults of all files are reported at once. What was read and found sound is kept in the user's cache folder
(`remit.knowledge.cache`). Large parts that most runs do not need are left for `remit.knowledge.parts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from remit.errors import Fault, KnowledgeError
from remit.knowledge.cache import cache_file, read_cache, write_cache
from remit.knowledge.checks import cross_check
from remit.knowledge.library import MANY, ONE, SINGLE, Knowledge, Library
from remit.knowledge.parts import PARTS, Parts
from remit.knowledge.reading import Found, Ids, Kind, knowledge_files, models, named, package_dir, parsed

__all__ = ["load_knowledge", "package_dir", "read_library"]

_CORE = "knowledge"
_NOT_CORE = (*PARTS, "text", "cases", "evidence")
"""Folders of a root that have a reader of their own."""
_KINDS = (
    {name: Kind("one", model) for name, model in ONE.items()}
    | {name: Kind("many", model) for name, model in MANY.items()}
    | {name: Kind("single", model) for name, model in SINGLE.items()}
)


def load_knowledge(extra: Path | None = None, *, codes_dir: Path | None = None, use_cache: bool = True) -> Knowledge:
    """All knowledge: ours, and beside it a site's own.

    Parameters
    ----------
    extra : Path, optional
        A folder laid out as `remit_knowledge` (definitions/, adequacy/, drugs/, sources/ ...); ids may not repeat ours.
    codes_dir : Path, optional
        A folder of code maps that the user is licensed to use.
    use_cache : bool
        False reads and checks every file, the parts too.

    Raises
    ------
    KnowledgeError
        With every fault of every file.
    """
    roots = [package_dir(), *([extra] if extra else [])]
    for root in [*roots[1:], *([codes_dir] if codes_dir else [])]:
        if not root.is_dir():
            raise KnowledgeError([Fault(str(root), "is not a folder", "Name a folder that exists.")])
    paths = [path for root in roots for path in _core_files(root)]
    cache = cache_file(_CORE, paths) if use_cache else None
    library = _kept(cache)
    if library is None:
        library = read_library(roots)
        write_cache(_CORE, cache, library.model_dump_json(by_alias=True, exclude_defaults=True).encode())
    version = (package_dir() / "VERSION").read_text(encoding="utf-8").strip()
    knowledge = Knowledge(library, version, tuple(roots), codes_dir, Parts(tuple(roots), use_cache=use_cache))
    if not use_cache:
        _read_parts(knowledge)
    return knowledge


def _read_parts(knowledge: Knowledge) -> None:
    """Read every part; the faults of all of them together."""
    faults: list[Fault] = []
    for section in PARTS:
        try:
            knowledge.part(section)
        except KnowledgeError as error:
            faults += error.faults
    if faults:
        raise KnowledgeError(faults)


def read_library(roots: list[Path]) -> Library:
    """Parse and validate the files under `roots`; no cache, no parts.

    Raises
    ------
    KnowledgeError
        With every fault of every file.
    """
    faults: list[Fault] = []
    found: dict[str, dict[str, Any]] = {name: {} for name in (*MANY, *ONE)}
    single: dict[str, Any] = {}
    ids = Ids(faults)
    for root in roots:
        for section, entry in _entries(root, faults):
            if section in SINGLE:
                single[section] = entry[-1]
            else:
                ids.put(section, entry, found[section])
    for name in SINGLE:
        if name not in single and not faults:
            faults.append(Fault(f"{name}.yaml", "is missing", "Restore it."))
    if faults:
        raise KnowledgeError(faults)
    parts: dict[str, Any] = {k: dict(sorted(v.items())) for k, v in found.items()}
    library = Library.model_construct(None, **parts, **single)
    if problems := cross_check(library, ids.where):
        raise KnowledgeError(problems)
    return library


def _core_files(root: Path) -> list[Path]:
    return knowledge_files(root, without=_NOT_CORE)


def _entries(root: Path, faults: list[Fault]) -> Iterator[tuple[str, Found]]:
    """Section and entry of everything under a root; faults are appended."""
    for path in _core_files(root):
        parts = path.relative_to(root).parts
        place = named(path, root)
        section = parts[0] if len(parts) > 1 else path.stem
        data = parsed(path, place, faults)
        if data is None:
            continue
        if section == "safety" and path.stem == "crisis_lines":
            section, data = "crisis_lines", {f"{row.get('country', '?')}_{i}": row for i, row in enumerate(data)}
        if len(parts) == 1 and isinstance(data, dict) and "shape" in data:
            section = "definitions"
        section = {"drugs": "treatments", "adequacy": "rules"}.get(section, section)
        if section in _KINDS:
            yield from ((section, entry) for entry in models(_KINDS[section], place, path.stem, data, faults))
        else:
            known = ", ".join(sorted({*_KINDS, *PARTS, "drugs", "adequacy", "safety"} - {"rules", "crisis_lines"}))
            faults.append(Fault(place, f"nothing is read from {section!r}", f"Known folders and files: {known}."))


def _kept(path: Path | None) -> Library | None:
    content = read_cache(path)
    try:
        return Library.model_validate_json(content) if content else None
    except ValueError:
        return None
