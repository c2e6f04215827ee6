"""JSON as plain data: duplicate keys, NaN, lone surrogates and junk nesting become faults, not exceptions."""

from __future__ import annotations

import json
import re
from typing import Any

from remit.errors import Fault
from remit.flow.records.place import Path, spell
from remit.flow.records.sentences import fault

MAX_DEPTH = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Twice(dict[str, Any]):
    """An object in which a key stood twice."""

    key: str = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) == len(pairs):
        return data
    seen: set[str] = set()
    twice = _Twice(data)
    for key, _ in pairs:
        if key in seen:
            twice.key = key
        seen.add(key)
    return twice


class _ConstantError(ValueError):
    """A word that Python reads as a number and JSON does not know, such as NaN."""


def _no_constant(name: str) -> float:
    raise _ConstantError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)


def read_json(text: str, place: str, faults: list[Fault]) -> Any:
    """The value of a JSON text; None, and a fault, where it cannot be read.

    Parameters
    ----------
    text : str
    place : str
        What faults name: the file, or the file and line.
    faults : list of Fault
        Faults are appended.
    """
    try:
        data = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        faults.append(fault(f"{place}, line {error.lineno}", "json.broken", error=error.msg))
        return None
    except RecursionError:
        faults.append(fault(place, "json.deep", n=MAX_DEPTH))
        return None
    except _ConstantError as error:
        faults.append(fault(place, "json.constant", remedy="number_or_null", name=error))
        return None
    except ValueError:
        faults.append(fault(place, "json.digits", remedy="number_or_null"))
        return None
    _walk(data, place, faults, check_text=bool(_SURROGATE.search(text)))
    return data


def is_json(text: str) -> bool:
    """Whether a text is one whole JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _walk(data: Any, place: str, faults: list[Fault], *, check_text: bool) -> None:
    """Report keys that stood twice, texts that are no Unicode, and depth; without recursion."""
    stack: list[tuple[Any, Path]] = [(data, ())]
    while stack:
        value, path = stack.pop()
        at = f"{place}: {spell(path)}" if path else place
        if isinstance(value, (dict, list)):
            if len(path) >= MAX_DEPTH:
                faults.append(fault(place, "json.deep", n=MAX_DEPTH))
                return
            if isinstance(value, _Twice):
                faults.append(fault(at, "json.twice", remedy="keep_one", name=_shown(value.key)))
            children = value.items() if isinstance(value, dict) else enumerate(value)
            stack.extend((v, (*path, k)) for k, v in children if check_text or isinstance(v, (dict, list)))
            if check_text and isinstance(value, dict) and any(not _is_unicode(k) for k in value):
                faults.append(fault(place, "json.key_not_unicode"))
        elif isinstance(value, str) and not _is_unicode(value):
            faults.append(fault(place, "json.text_not_unicode"))


def _shown(key: str) -> str:
    return ascii(key[:40])


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
