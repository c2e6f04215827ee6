"""Parts of the knowledge that most runs do not need: read when first asked for, each with a cache file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from remit.errors import Fault, KnowledgeError
from remit.knowledge.cache import cache_file, read_cache, write_cache
from remit.knowledge.reading import Ids, Kind, knowledge_files, models, named, parsed

if TYPE_CHECKING:
    from remit.knowledge.library import Library
    from remit.knowledge.pooled import PooledTable

PARTS: dict[str, tuple[str, str]] = {
    "catalogue": ("one", "remit.knowledge.catalogue:CatalogueEntry"),
    "course": ("one", "remit.knowledge.course:CoursePage"),
    "claims": ("many", "remit.knowledge.claims:Claim"),
    "payers": ("one", "remit.knowledge.payers:PayerPolicy"),
    "differential": ("one", "remit.knowledge.differential:Check"),
    "enzymes": ("many", "remit.knowledge.pharmacogenetics:Enzyme"),
    "pharmacogenetics": ("one", "remit.knowledge.pharmacogenetics:DrugGuidance"),
    "plans": ("one", "remit.knowledge.plans:PlanTemplate"),
    "half_lives": ("many", "remit.knowledge.plans:HalfLife"),
    "eligibility": ("many", "remit.knowledge.eligibility:EligibilityRule"),
    "ordering": ("one", "remit.knowledge.ordering:Ordering"),
    "preferences": ("many", "remit.knowledge.ordering:Preference"),
    "mechanisms": ("many", "remit.knowledge.ordering:MechanismGroup"),
    "measures": ("one", "remit.knowledge.measures:MeasureEntry"),
}
"""Folder -> form and model. The model's module is imported when the part is first read."""


class Parts:
    """The parts under some roots.

    Parameters
    ----------
    roots : tuple of Path
        Folders of knowledge, ours first.
    use_cache : bool
        Whether validated entries may come from, and go to, the user's cache folder.
    """

    def __init__(self, roots: tuple[Path, ...], *, use_cache: bool = True) -> None:
        self.roots = roots
        self._use_cache = use_cache
        self._kept: dict[str, dict[str, Any]] = {}
        self._where: dict[tuple[str, str], str] = {}

    def entries(self, section: str, library: Library) -> Mapping[str, Any]:
        """Entries of a part by id, in the order of their ids.

        Raises
        ------
        KnowledgeError
            With every fault of the part's files, and every reference that does not resolve.
        """
        if section not in self._kept:
            self._kept[section] = self._read(section, library)
        return self._kept[section]

    @cached_property
    def pooled(self) -> PooledTable:
        """What studies found, pooled ahead of time."""
        from remit.knowledge.pooled import read_pooled

        return read_pooled(self.roots)

    def _read(self, section: str, library: Library) -> dict[str, Any]:
        kind = _kind(section)
        files = [(root, path) for root in self.roots for path in knowledge_files(root / section)]
        adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, kind.model])  # type: ignore[name-defined]
        cache = cache_file(section, [path for _, path in files]) if self._use_cache else None
        if content := read_cache(cache):
            try:
                return adapter.validate_json(content)
            except ValueError:
                cache = None
        found = self._fresh(section, kind, files)
        if faults := self._check(section, found, library):
            raise KnowledgeError(faults)
        write_cache(section, cache, adapter.dump_json(found, by_alias=True, exclude_defaults=True))
        return found

    def _fresh(self, section: str, kind: Kind, files: list[tuple[Path, Path]]) -> dict[str, Any]:
        faults: list[Fault] = []
        found: dict[str, Any] = {}
        ids = Ids(faults)
        for root, path in files:
            place = named(path, root)
            if (data := parsed(path, place, faults)) is not None:
                for entry in models(kind, place, path.stem, data, faults):
                    ids.put(section, entry, found)
        if faults:
            raise KnowledgeError(faults)
        self._where |= ids.where
        return dict(sorted(found.items()))

    def _check(self, section: str, found: dict[str, Any], library: Library) -> list[Fault]:
        from remit.knowledge.part_checks import check_part

        return check_part(section, found, self._where, library, lambda other: self.entries(other, library))


def _kind(section: str) -> Kind:
    form, address = PARTS[section]
    module, name = address.split(":")
    return Kind(form, getattr(import_module(module), name))  # type: ignore[arg-type]
