"""YAML as plain data with line numbers, read from the event stream: no tags, no merge keys, no bombs.

Plain scalars are read as in YAML 1.2: only `true`, `false`, `null` and numbers are special, so that `NO` stays a
country and `yes` a word. Dates stay texts; they may be partial.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from remit.errors import Fault
from remit.flow.records.place import Path
from remit.flow.records.sentences import fault, say

MAX_DEPTH = 50
MAX_VALUES = 2_000_000  # values in one document, aliases counted each time they are used

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"^[-+]?\d{1,18}$")
_FLOAT = re.compile(r"^[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?$")
_SPECIAL: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".inf": float("inf"), "-.inf": float("-inf"),
}  # fmt: skip
_STANDARD = "tag:yaml.org,2002:"
_TAGS = frozenset(_STANDARD + name for name in ("str", "int", "float", "bool", "null", "seq", "map")) | {"!"}


class YamlReader:
    """Builds plain data out of YAML events.

    Attributes
    ----------
    faults : list of Fault
    lines : dict
        Line number by path.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.lines: dict[Path, int] = {}
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def read(self, text: str) -> Any:
        """The document; None, and faults, where it cannot be read."""
        loader = _LOADER(text)
        try:
            loader.get_event()  # start of the stream
            if isinstance(loader.peek_event(), yaml.StreamEndEvent):
                return None
            loader.get_event()  # start of the document
            data, _ = self._value(loader, ())
            loader.get_event()
            if not isinstance(loader.get_event(), yaml.StreamEndEvent):
                self._fault(loader, "yaml.documents")
            return data
        except (yaml.YAMLError, _StopReadingError, ValueError) as error:
            if not self.faults:
                mark = getattr(error, "problem_mark", None)
                place = f"{self.file}:{mark.line + 1}" if mark else self.file
                problem = getattr(error, "problem", None) or say("fault.grammar")
                self.faults.append(fault(place, "yaml.broken", error=problem))
            return None
        finally:
            loader.dispose()

    def _fault(self, event: Any, key: str, /, remedy: str = "", **values: object) -> None:
        mark = getattr(event, "start_mark", None)
        place = f"{self.file}:{mark.line + 1}" if mark else self.file
        self.faults.append(fault(place, key, remedy, **values))

    def _count(self, event: Any, n: int, path: Path) -> None:
        self._values += n
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            self._fault(event, "yaml.deep")
            raise _StopReadingError

    def _value(self, loader: Any, path: Path) -> tuple[Any, int]:
        """The next value, and how many values it holds."""
        event = loader.get_event()
        self.lines[path] = event.start_mark.line + 1
        self._count(event, 1, path)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if event.tag is not None and event.tag not in _TAGS:
            self._fault(event, "yaml.tag")
        start = self._values
        if isinstance(event, yaml.ScalarEvent):
            data = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            data = self._sequence(loader, path)
        else:
            data = self._mapping(loader, path)
        size = self._values - start + 1
        if event.anchor:
            self._anchors[event.anchor] = (data, size)
        return data, size

    def _alias(self, event: Any, path: Path) -> tuple[Any, int]:
        if event.anchor not in self._anchors:
            self._fault(event, "yaml.anchor")
            raise _StopReadingError
        data, size = self._anchors[event.anchor]
        self._count(event, size, path)
        return data, size

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style or event.tag == _STANDARD + "str":
            return text
        if text in _SPECIAL:
            return _SPECIAL[text]
        if _INT.match(text):
            return int(text)
        return float(text) if _FLOAT.match(text) else text

    def _sequence(self, loader: Any, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(loader.peek_event(), yaml.SequenceEndEvent):
            items.append(self._value(loader, (*path, len(items)))[0])
        loader.get_event()
        return items

    def _mapping(self, loader: Any, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(loader.peek_event(), yaml.MappingEndEvent):
            event = loader.peek_event()
            if not isinstance(event, yaml.ScalarEvent):
                self._fault(event, "yaml.object_as_key")
                raise _StopReadingError
            loader.get_event()
            key = str(event.value)
            if key == "<<" and not event.style:
                self._fault(event, "yaml.merge_key")
            if key in data:
                self._fault(event, "yaml.twice", remedy="keep_one", name=repr(key[:40]))
            data[key] = self._value(loader, (*path, key))[0]
        loader.get_event()
        return data


class _StopReadingError(Exception):
    """The rest of the document cannot be read."""
