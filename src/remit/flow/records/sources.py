"""What a file is, by content and name, and its text; every way in which a file can be unreadable becomes a fault."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from remit.errors import Fault
from remit.flow.records.json_text import is_json
from remit.flow.records.sentences import fault

Kind = Literal["json", "ndjson", "yaml", "csv"]

MIB = 1 << 20
MAX_JSON = 128 * MIB  # one JSON document; beyond it an export belongs in NDJSON, which is read line by line
MAX_YAML = 8 * MIB
MAX_LINE = 16 * MIB  # one resource of an NDJSON file
_HEAD = 1 << 16
_CHUNK = MIB
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".yaml": "yaml", ".yml": "yaml",
}  # fmt: skip


def sniff(path: Path, faults: list[Fault]) -> Kind | None:
    """Kind of a file; None, and a fault, where it cannot be read at all."""
    place = path.name
    try:
        if path.is_dir():
            faults.append(fault(place, "file.folder"))
            return None
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        faults.append(fault(str(path), "file.missing"))
        return None
    except (OSError, ValueError) as error:
        faults.append(fault(place, "file.not_opened", error=type(error).__name__))
        return None
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        faults.append(fault(place, "file.empty"))
        return None
    if head.startswith(_UTF16) or b"\0" in head:
        faults.append(fault(place, "file.not_utf8", remedy="save_as_utf8"))
        return None
    text = head.decode("utf-8-sig", errors="replace")
    return _kind(path, text)


def _kind(path: Path, head: str) -> Kind:
    named = _SUFFIXES.get(path.suffix.lower())
    if head.lstrip()[:1] in ("{", "["):
        return "ndjson" if named == "ndjson" or _is_ndjson(head) else "json"
    if named:
        return named
    first = head.lstrip().splitlines()[0].lower()
    cells = first.replace(";", ",").replace("\t", ",").split(",")
    return "csv" if "treatment" in [c.strip().strip('"') for c in cells] else "yaml"


def _is_ndjson(head: str) -> bool:
    """Whether the first line is a whole object and another one follows."""
    lines = head.lstrip().split("\n", 2)
    return len(lines) > 1 and lines[1].lstrip().startswith("{") and lines[0].startswith("{") and is_json(lines[0])


def read_text(path: Path, limit: int, faults: list[Fault], too_large: str) -> str | None:
    """The whole text of a file; None, and a fault, where it is too large (the fault of that key) or not UTF-8."""
    try:
        size = path.stat().st_size
        if size > limit:
            faults.append(fault(path.name, too_large, n=limit // MIB))
            return None
        data = path.read_bytes()
    except OSError as error:
        faults.append(fault(path.name, "file.not_read", error=type(error).__name__))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(fault(f"{path.name}:{line}", "file.not_utf8", remedy="save_as_utf8"))
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        faults.append(fault(f"{path.name}:{line}", "file.nul", remedy="save_as_utf8"))
        return None
    return text


def text_lines(path: Path, faults: list[Fault]) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank, one at a time; a line that cannot be read is a fault and is passed over."""
    with path.open("rb") as file:
        n = 0
        while data := file.readline(MAX_LINE + 1):
            n += 1
            place = f"{path.name}: line {n}"
            if len(data) > MAX_LINE:
                faults.append(fault(place, "file.long_line", n=MAX_LINE // MIB))
                return
            try:
                text = data.decode("utf-8-sig" if n == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                faults.append(fault(place, "file.not_utf8", remedy="save_as_utf8"))
                continue
            if text:
                yield n, text


def check_encoding(path: Path, faults: list[Fault]) -> bool:
    """Whether a file is UTF-8 without NUL throughout, read in pieces; else a fault with the line."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            try:
                decoder.decode(data)
            except UnicodeDecodeError as error:
                line += data.count(b"\n", 0, error.start)
                faults.append(fault(f"{path.name}:{line}", "file.not_utf8", remedy="save_as_utf8"))
                return False
            if b"\0" in data:
                line += data.count(b"\n", 0, data.index(b"\0"))
                faults.append(fault(f"{path.name}:{line}", "file.nul", remedy="save_as_utf8"))
                return False
            line += data.count(b"\n")
    if decoder.getstate()[0]:
        faults.append(fault(f"{path.name}:{line}", "file.cut_letter", remedy="save_as_utf8"))
        return False
    return True
