"""Where something stands in a file: what faults say and what `record_ref` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]


def spell(path: Path, *, is_inner: bool = False) -> str:
    """A path as people write it: ``treatments[0].start``; an inner one goes on from another."""
    if is_inner and len(path) == 1 and isinstance(path[0], str):
        return f".{path[0]}"  # a field of an object, as nearly always
    text = "".join([f"[{step}]" if isinstance(step, int) else f".{step}" for step in path])
    return text if is_inner else text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Where:
    """Places within one document.

    Attributes
    ----------
    file : str
        Name of the file; for one line of many, ``file: line 3``.
    lines : mapping
        Line numbers by path, for YAML.
    """

    file: str
    lines: Mapping[Path, int] = field(default_factory=dict)

    def at(self, path: Path) -> str:
        """The place of a path."""
        if not path:
            return self.file
        line = self._line(path) if self.lines else None
        return f"{self.file}:{line} {spell(path)}" if line else f"{self.file}: {spell(path)}"

    def _line(self, path: Path) -> int | None:
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None
