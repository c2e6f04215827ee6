"""Lines of treatment: what was taken alone or together, one after another.

Trials of antidepressants and of what is added to them become lines as in TreatmentPatterns: two that run together
for at
least the cross-taper are a combination for as long as they do; a shorter overlap is a switch, and the earlier one ends
where the later begins. A stretch shorter than the least is no line. Days of a gap inside a trial belong to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.outcome import Judged
from remit.cohort.raw import PERSON
from remit.engine.columns import NO_DAY, as_dates, days
from remit.engine.compiled import run

ROLES = ("antidepressant", "rapid_acting", "augmentation", "neuromodulation", "herbal", "investigational")
TOGETHER = "+"
STEP = " > "
MOST = 62
"""Different treatments of one person that a line can tell apart; further ones are left out of the pathway."""

Ints = NDArray[np.int64]

_TOO_MANY = -1


def pathway_rows(judged: Judged) -> pl.DataFrame:
    """Table `pathway`: one row per person and line, in order."""
    found = lines_of(judged)
    columns = [
        judged.bucket.ids.gather(found["person_key"].to_numpy()).alias(PERSON),
        *(found[name] for name in ("line", "treatments", "n_treatments", "start_date", "end_date")),
    ]
    return pl.DataFrame(columns)


def path_counts(pathway: pl.DataFrame, most_lines: int) -> pl.DataFrame:
    """Persons by their lines from the first on, up to so many."""
    paths = (
        pathway.lazy()
        .filter(pl.col("line") <= most_lines)
        .group_by(PERSON)
        .agg(pl.col("treatments").cast(pl.String).sort_by("line").str.join(STEP).alias("path"))
        .group_by("path")
        .agg(pl.len().cast(pl.Int64).alias("n_persons"))
    )
    return paths.collect()


def lines_of(judged: Judged) -> pl.DataFrame:
    """Lines by `person_key`: number from 1, treatments in the order of their names, first day, day after the last."""
    trial, knowledge = judged.tables["trial"], judged.knowledge
    start, end = (days(trial[name]).astype(np.int64) for name in ("start_date", "end_date"))
    keep = knowledge.in_roles(*ROLES)[trial["treatment_key"].to_numpy()]
    keep &= (start != NO_DAY) & (end != NO_DAY) & (end > start)
    person = trial["person_key"].to_numpy().astype(np.int64)[keep]
    treatment = knowledge.ingredient_keys[trial["treatment_key"].to_numpy()[keep]].astype(np.int64)
    found = form_lines(
        person, treatment, start[keep], end[keep], int(knowledge.policy.cross_taper_days.value),
        int(knowledge.cohort.pathway_least_days.value),
    )  # fmt: skip
    return _table(found, [t.id for t in knowledge.treatments])


def form_lines(person: Ints, treatment: Ints, start: Ints, end: Ints, together: int, least: int) -> dict[str, Ints]:
    """Lines of treatment from stretches of days.

    Parameters
    ----------
    person, treatment, start, end : arrays of int64
        Stretches in any order; ends are exclusive.
    together : int
        Days from which an overlap is a combination.
    least : int
        Days below which a stretch is no line.

    Returns
    -------
    dict of str to array
        person, start, end and, for each line, the treatments as bits over the person's own (`local`).
    """
    order = np.lexsort((treatment, end, start, person))
    person, treatment, start, end = person[order], treatment[order], start[order], end[order]
    local, own = _local(person, treatment)
    keep = local < MOST
    person, local, start, end = person[keep], local[keep], start[keep], end[keep]
    ends = np.append(np.flatnonzero(np.diff(person)) + 1, len(person)) if len(person) else np.empty(0, np.int64)
    n, size = _TOO_MANY, len(person) + 1
    while n == _TOO_MANY:
        size *= 2
        out = [np.zeros(size, np.int64) for _ in range(7)]
        n = run(walk, [person, local, start, end, ends.astype(np.int64)], [together, least, size], out)
    owner, mask, begin, until = (column[:n] for column in out[:4])
    return {"person": owner, "mask": mask, "start": begin, "end": until, **own}


def _local(person: Ints, treatment: Ints) -> tuple[Ints, dict[str, Ints]]:
    """Number of each treatment among the person's own, and the table that turns it back."""
    key = (person << 16) | treatment
    distinct, place = np.unique(key, return_inverse=True)
    owner = distinct >> 16
    number = np.arange(len(distinct)) - np.searchsorted(owner, owner)
    return number[place], {"own_person": owner, "own_number": number, "own_treatment": distinct & 0xFFFF}


def walk(  # noqa: C901 - one pass over arrays, in the subset of Python that is compiled
    person: Sequence[int],
    local: Sequence[int],
    start: Sequence[int],
    end: Sequence[int],
    ends: Sequence[int],
    together: int,
    least: int,
    room: int,
    out_person: Any,
    out_mask: Any,
    out_start: Any,
    out_end: Any,
    mask: Any,
    begin: Any,
    until: Any,
) -> int:
    """Fill `out_*` with lines, person by person; return how many there are, or -1 if there is no room for them.

    Rows stand by person, start and end; `ends` are the places where a person's rows end.
    """
    n_out = 0
    first = 0
    for e in range(len(ends)):
        n = 0
        for i in range(first, ends[e]):
            mask[n], begin[n], until[n] = 1 << local[i], start[i], end[i]
            n += 1
        i = 1
        while i < n:
            if begin[i] >= until[i - 1]:
                i += 1
                continue
            shared = min(until[i], until[i - 1]) - begin[i]
            whole = shared == until[i] - begin[i] or shared == until[i - 1] - begin[i - 1]
            if mask[i] == mask[i - 1]:
                until[i - 1] = max(until[i], until[i - 1])
                for j in range(i, n - 1):
                    mask[j], begin[j], until[j] = mask[j + 1], begin[j + 1], until[j + 1]
                n -= 1
                continue
            if shared < together and not whole:
                until[i - 1] = begin[i]
                i += 1
                continue
            # Before the overlap, the overlap, and what goes on after it.
            rest_mask, rest_end = mask[i], until[i]
            if until[i - 1] > until[i]:
                rest_mask, rest_end = mask[i - 1], until[i - 1]
            overlap_end = begin[i] + shared
            mask[i] = mask[i] | mask[i - 1]
            until[i - 1] = begin[i]
            until[i] = overlap_end
            if rest_end > overlap_end:
                if n == room:
                    return _TOO_MANY
                at = i + 1
                while at < n and begin[at] < overlap_end:
                    at += 1
                for j in range(n, at, -1):
                    mask[j], begin[j], until[j] = mask[j - 1], begin[j - 1], until[j - 1]
                mask[at], begin[at], until[at] = rest_mask, overlap_end, rest_end
                n += 1
            i += 1
        for i in range(n):
            if until[i] - begin[i] >= least:
                if n_out == room:
                    return _TOO_MANY
                out_person[n_out], out_mask[n_out] = person[first], mask[i]
                out_start[n_out], out_end[n_out] = begin[i], until[i]
                n_out += 1
        first = ends[e]
    return n_out


def _table(found: dict[str, Ints], names: list[str]) -> pl.DataFrame:
    owner, mask = found["person"], found["mask"]
    n_own = np.bincount(found["own_person"], minlength=int(owner.max(initial=-1)) + 1)
    row = np.repeat(np.arange(len(owner)), n_own[owner]) if len(owner) else np.empty(0, np.int64)
    first_own = np.searchsorted(found["own_person"], owner)
    number = np.arange(len(row)) - np.searchsorted(row, row)
    at = first_own[row] + number if len(row) else row
    has = (mask[row] >> np.minimum(number, MOST)) & 1 == 1 if len(row) else np.empty(0, np.bool_)
    used = pl.DataFrame({"row": row[has], "name": pl.Series(names).gather(found["own_treatment"][at[has]])})
    labels = used.sort("row", "name").group_by("row", maintain_order=True).agg(
        pl.col("name").str.join(TOGETHER).alias("treatments"), pl.len().alias("n_treatments")
    )  # fmt: skip
    line = np.arange(1, len(owner) + 1) - (np.searchsorted(owner, owner) if len(owner) else 0)
    columns = [
        pl.Series("person_key", owner, pl.UInt32),
        pl.Series("line", line, pl.UInt32),
        labels["treatments"].cast(pl.String),
        labels["n_treatments"].cast(pl.UInt32),
        as_dates("start_date", found["start"]),
        as_dates("end_date", found["end"]),
    ]
    return pl.DataFrame(columns)
