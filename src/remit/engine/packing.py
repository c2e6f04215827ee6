"""Sort once: person, treatment, start and a payload in one 64-bit word, sorted as plain integers.

The payload is the length in days and a code of the dose, so that sorted words hold all that the fold reads and
nothing has to be gathered from random places. Where a field does not fit (a course of more than three years in one
row, more than 254 strengths, more than a million persons, far-off dates) the columns are sorted themselves:
slower, same order, same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import pays, run

PERSON_BITS, TREATMENT_BITS, START_BITS, LENGTH_BITS, DOSE_BITS = 20, 9, 16, 10, 8
EARLIEST = -25_567  # 1900-01-01 in days from 1970-01-01
BLOCK = 1 << 15
"""Rows that are unpacked at a time: few enough for their columns to stay in the processor's cache."""

_UNKNOWN_DOSE = (1 << DOSE_BITS) - 1
SCALE = 1000
"""Strengths are told apart to a thousandth of a milligram ..."""
PLACES = 4_000_000
"""... which have a place in the table of codes up to this one ..."""
ROUNDING = 1e-3
"""... where they are whole thousandths, but for so much of one."""

_OVERFLOW = -1


class Rows(NamedTuple):
    """Exposures as columns of one length, in days from 1970-01-01; the dose is nan where it is unknown."""

    person: NDArray[np.uint32]
    treatment: NDArray[np.uint16]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    dose: NDArray[np.float64]


class Overflow(Exception):
    """A field does not fit into the word."""


def sorted_blocks(source: Callable[[], Iterable[Rows]], n_rows: int) -> Iterator[Rows]:
    """The rows of `source()` in order of person, treatment, start, length and dose (unknown last).

    There are at most `n_rows`. Blocks end where a person ends. `source` is called again where the words overflow. Words
    are for the many: the columns of a few rows, or of any without the compiler, are sorted themselves.
    """
    if not pays(n_rows):
        yield from _sorted_columns(source())
        return
    try:
        words, doses = _pack(source(), n_rows)
    except Overflow:
        yield from _sorted_columns(source())
        return
    words.sort()
    yield from _unpack(words, doses)


def _pack(chunks: Iterable[Rows], n_rows: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Words, and the dose that each code stands for. There are at most `n_rows`."""
    words = np.empty(n_rows, np.int64)
    end = 0
    code_of = np.zeros(PLACES, np.uint8)  # by thousandths: code + 1; codes are given in the order doses are met
    doses = np.full(1 << DOSE_BITS, np.nan)
    n_doses = 0
    for rows in chunks:
        part = words[end : end + len(rows.person)]
        n_doses = run(pack, list(rows), [n_doses], [part, code_of, doses], is_many=True)
        if n_doses == _OVERFLOW:
            raise Overflow
        end += len(part)
        del rows  # before the next chunk is read, which then takes its memory
    return words[:end], doses


def pack(
    person: Sequence[int],
    treatment: Sequence[int],
    start: Sequence[int],
    end: Sequence[int],
    dose: Sequence[float],
    n_doses: int,
    words: Any,
    code_of: Any,
    doses: Any,
) -> int:
    """Fill `words`; return how many doses have a code by now, or -1 where a field does not fit."""
    for i in range(len(person)):
        since = start[i] - EARLIEST
        length = end[i] - start[i]
        if person[i] >= 1 << PERSON_BITS or person[i] < 0 or treatment[i] >= 1 << TREATMENT_BITS:
            return _OVERFLOW
        if since < 0 or since >= 1 << START_BITS or length < 0 or length >= 1 << LENGTH_BITS:
            return _OVERFLOW
        code = _UNKNOWN_DOSE
        if dose[i] == dose[i]:
            scaled = dose[i] * SCALE
            if scaled < 0 or scaled >= PLACES - 1:
                return _OVERFLOW
            place = int(scaled + 0.5)
            if abs(scaled - place) > ROUNDING:
                return _OVERFLOW
            if code_of[place] == 0:
                if n_doses == _UNKNOWN_DOSE:
                    return _OVERFLOW
                doses[n_doses] = dose[i]
                n_doses += 1
                code_of[place] = n_doses
            code = code_of[place] - 1
        word = (int(person[i]) << TREATMENT_BITS) | int(treatment[i])
        word = (word << START_BITS) | since
        word = (word << LENGTH_BITS) | length
        words[i] = (word << DOSE_BITS) | code
    return n_doses


def _unpack(words: NDArray[np.int64], doses: NDArray[np.float64]) -> Iterator[Rows]:
    shift = TREATMENT_BITS + START_BITS + LENGTH_BITS + DOSE_BITS
    begin = 0
    while begin < len(words):
        end = _end_of_person(words, min(begin + BLOCK, len(words)), shift)
        block = words[begin:end]
        begin = end
        kinds = (np.uint32, np.uint16, np.int32, np.int32, np.float64)
        columns = [np.empty(len(block), kind) for kind in kinds]
        run(unpack, [block, doses], [], columns, is_many=True)
        yield Rows._make(columns)


def unpack(
    words: Sequence[int], doses: Sequence[float], person: Any, treatment: Any, start: Any, end: Any, dose: Any
) -> int:
    """Fill the columns of `Rows` from words, doses rising where all else is equal; return how many there are."""
    for i in range(len(words)):
        word = words[i]
        at = i  # codes do not rise with the dose: among equals it moves to its place; the unknown one comes last
        strength = doses[word & _UNKNOWN_DOSE]
        word >>= DOSE_BITS
        while at > 0 and words[at - 1] >> DOSE_BITS == word and dose[at - 1] > strength:
            dose[at] = dose[at - 1]
            at -= 1
        dose[at] = strength
        length = word & ((1 << LENGTH_BITS) - 1)
        word >>= LENGTH_BITS
        start[i] = (word & ((1 << START_BITS) - 1)) + EARLIEST
        end[i] = start[i] + length
        word >>= START_BITS
        treatment[i] = word & ((1 << TREATMENT_BITS) - 1)
        person[i] = word >> TREATMENT_BITS
    return len(words)


def _end_of_person(words: NDArray[np.int64], at: int, shift: int) -> int:
    """First row at or after `at` at which another person begins."""
    if at >= len(words):
        return len(words)
    person = int(words[at - 1]) >> shift
    return int(np.searchsorted(words, (person + 1) << shift))


def _sorted_columns(chunks: Iterable[Rows]) -> Iterator[Rows]:
    parts = list(chunks)
    if not parts:
        return
    rows = Rows._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = row_order(rows)
    yield Rows._make(column[order] for column in rows)


def row_order(rows: Rows) -> NDArray[np.intp]:
    """Positions that put the rows in order of person, treatment, start, length and dose (unknown last)."""
    return np.lexsort((rows.dose, rows.end, rows.start, rows.treatment, rows.person))
