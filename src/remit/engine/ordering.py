"""Rows that come in order of persons are put in order within each person, in one pass and block by block.

A person's few rows of a treatment mostly follow each other in time already, so each row is put behind those of its
person and treatment that are written, and moved to the front as far as it must. Where rows have to move far, as where
one person has very many in disorder, the block is sorted as words (`remit.engine.packing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from remit.engine.compiled import run
from remit.engine.packing import BLOCK, PLACES, ROUNDING, SCALE, Rows, sorted_blocks

MOST_MOVES = 64
"""Places by which rows of a block may move, on average, before it is sorted as words, which then take about as long."""

_TOO_FAR = -1


class Disorder(Exception):
    """Rows do not stand in order of persons."""


def ordered_blocks(chunks: Iterable[Rows], *, is_many: bool) -> Iterator[Rows]:
    """Rows as `sorted_blocks` gives them, of chunks in which no person comes before the one before.

    Each chunk is put in order by itself, but for its last person, who may go on in the next one.

    Parameters
    ----------
    chunks : iterable of Rows
    is_many : bool
        Whether they are compiled for.

    Raises
    ------
    Disorder
        As soon as a person comes before the one before.
    """
    held: list[Rows] = []  # of the last person so far
    last = -1
    for rows in chunks:
        person = rows.person
        if not len(person):
            continue
        if person[0] < last or (person[1:] < person[:-1]).any():
            raise Disorder
        begin = int(np.searchsorted(person, last, side="right")) if held else 0
        tail = max(begin, int(np.searchsorted(person, person[-1])))
        if begin:
            held.append(_kept(_cut(rows, 0, begin)))
        if begin < len(person):
            yield from _whole(held, is_many)
            while begin < tail:
                end = min(begin + BLOCK, tail)
                end = int(np.searchsorted(person, person[end - 1], side="right"))
                yield from _block(_cut(rows, begin, end), is_many)
                begin = end
            held = [_kept(_cut(rows, tail, len(person)))]
        last = int(person[-1])
        del rows, person  # before the next chunk is read, which then takes their memory
    yield from _whole(held, is_many)


def _cut(rows: Rows, begin: int, end: int) -> Rows:
    return Rows._make(column[begin:end] for column in rows)


def _kept(rows: Rows) -> Rows:
    """A copy, which does not keep the chunk that rows are cut from."""
    return Rows._make(column.copy() for column in rows)


def _whole(parts: list[Rows], is_many: bool) -> Iterator[Rows]:
    """One person of several chunks."""
    if parts:
        yield from _block(Rows._make(np.concatenate(column) for column in zip(*parts, strict=True)), is_many)


def _block(rows: Rows, is_many: bool) -> Iterator[Rows]:
    """Whole persons in order."""
    n, first = len(rows.person), rows.person[0]
    columns = [np.empty(n, kind) for kind in (np.uint16, np.int32, np.int32, np.float64)]
    by_treatment = [(int(rows.treatment.max()) + 1, 0)] * 3
    is_near = is_many and run(arrange, [*rows], [n * MOST_MOVES], columns, scratch=by_treatment, is_many=True) >= 0
    if is_near:
        yield Rows._make((rows.person.astype(np.uint32), *columns))
        return
    near = rows._replace(person=rows.person - first)  # words hold a person's distance from the first
    for block in sorted_blocks(lambda: [near], n):
        yield block._replace(person=(block.person + first).astype(np.uint32))


def arrange(  # noqa: C901 - one function, because the compiler takes it whole
    person: Sequence[int], treatment: Sequence[int], start: Sequence[int], end: Sequence[int], dose: Sequence[float],
    most: int, begin: Any, after: Any, met: Any, out_treatment: Any, out_start: Any, out_end: Any, out_dose: Any,
) -> int:  # fmt: skip
    """Write the columns of `Rows` but for the person, which stays; -1 where rows move by more than `most` places.

    By treatment: where the rows of this person `begin`, and the place `after` those that are written. `met` lists the
    treatments of this person. Doses are told apart as words tell them.
    """
    first, moves = 0, 0
    while first < len(person):
        last, n_met = first, 0
        while last < len(person) and person[last] == person[first]:
            kind = int(treatment[last])
            if after[kind] == 0:
                at = n_met
                n_met += 1
                while at > 0 and met[at - 1] > kind:
                    met[at] = met[at - 1]
                    at -= 1
                met[at] = kind
            after[kind] += 1  # as yet how many there are
            last += 1
        at = first
        for place in range(n_met):
            kind = met[place]
            begin[kind] = at
            at += after[kind]
            after[kind] = begin[kind]
        for i in range(first, last):
            kind = int(treatment[i])
            at = after[kind]
            after[kind] += 1
            out_treatment[at] = kind
            strength = dose[i]
            scaled = strength * SCALE
            if 0 <= scaled < PLACES - 1 and abs(scaled - int(scaled + 0.5)) <= ROUNDING:
                strength = int(scaled + 0.5) / SCALE
            while at > begin[kind] and out_start[at - 1] >= start[i]:
                if out_start[at - 1] == start[i] and out_end[at - 1] <= end[i]:
                    is_behind = out_end[at - 1] < end[i] or out_dose[at - 1] <= strength or strength != strength
                    if is_behind:
                        break
                out_start[at], out_end[at], out_dose[at] = out_start[at - 1], out_end[at - 1], out_dose[at - 1]
                at -= 1
                moves += 1
            out_start[at], out_end[at], out_dose[at] = start[i], end[i], strength
            if moves > most:  # asked row by row: one person may have a million of them
                return _TOO_FAR
        for place in range(n_met):
            after[met[place]] = 0
        first = last
    return len(person)
