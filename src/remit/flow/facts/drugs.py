"""Facts about what is taken, was taken last, or was ever tried, from exposures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, codes
from remit.flow.facts.plan import Plan
from remit.flow.facts.sheet import NO_REF, Floats, Sheet
from remit.flow.settle import index_days, person_rows, settle
from remit.knowledge import Knowledge
from remit.tables import ExposureNote, Tables
from remit.tables.records import EVIDENCE


class Courses(NamedTuple):
    """Exposures up to the index date: days since their last day, at least and at most."""

    person: NDArray[np.intp]  # row of table `person`
    treatment: NDArray[np.uint16]
    least: Floats
    most: Floats  # infinite where unknown
    ref: NDArray[np.intp]  # NO_REF where the record has no note


class Last(NamedTuple):
    """By person and drug reader: days since the last day of what the reader looks at; infinite where none is listed."""

    least: Floats
    most: Floats


def read_drugs(sheet: Sheet, plan: Plan, courses: Courses) -> Last:
    """Readers `taking`, `last_taken`, `tried`. Absence settles nothing here, but for `tried`; see `close`."""
    drugs = plan.drug_columns
    shape = (sheet.n, len(drugs.fact))
    last = Last(np.full(shape, np.inf), np.full(shape, np.inf))
    reader, course = np.nonzero(plan.drugs_of[:, courses.treatment])
    at = (courses.person[course], reader)
    np.minimum.at(last.least, at, courses.least[course])
    np.minimum.at(last.most, at, courses.most[course])
    order = np.argsort(-courses.most[course], kind="stable")  # the course that was taken last is written last
    ref = np.full(shape, NO_REF, np.intp)
    ref[at[0][order], reader[order]] = courses.ref[course][order]
    is_listed = ~np.isinf(last.least)
    yes = np.where(drugs.is_tried, is_listed, ~drugs.is_last & (last.most <= drugs.window)) & drugs.may_yes
    no = drugs.is_history & ~is_listed & drugs.may_no
    sheet.settle(drugs.fact, yes, no, ref)
    for i in np.flatnonzero(drugs.is_last & is_listed.any(axis=0)).tolist():
        fact, asked = plan.drugs[i]
        rows = np.flatnonzero(is_listed[:, i])
        # At least 0 days, because a list may be incomplete.
        sheet.give(fact, asked, np.zeros(len(rows)), last.most[rows, i], rows, ref[rows, i])
    return last


def close(sheet: Sheet, plan: Plan, last: Last) -> None:
    """Where the person says that a list of medicines is complete, what it does not hold is not taken.

    The days since the last day are then those of the list.
    """
    drugs = plan.drug_columns
    for closer, readers in plan.closed.items():
        rows = np.flatnonzero(sheet.yes[:, closer])
        if not len(rows):
            continue
        least = last.least[rows][:, readers]
        is_absent = ((least > drugs.window[readers]) | np.isinf(least)) & ~drugs.is_last[readers]
        hit, column = np.nonzero(is_absent)
        sheet.no[rows[hit], drugs.fact[readers][column]] = True
        for i in (i for i in readers if drugs.is_last[i]):
            fact, asked = plan.drugs[i]
            if sheet.facts[fact].kind == "number":
                sheet.low[rows, fact] = last.least[rows, i]
                sheet.high[rows, fact] = last.most[rows, i]
            else:
                sheet.give(fact, asked, last.least[rows, i], last.most[rows, i], rows)


def listed(sheet: Sheet, tables: Tables, knowledge: Knowledge) -> Courses:
    """The courses on record."""
    exposure = tables["exposure"]
    if exposure.is_empty():
        none = np.empty(0, np.intp)
        return Courses(none, none.astype(np.uint16), none.astype(float), none.astype(float), none)
    note = exposure.select("exposure_key").join(
        tables["exposure_note"], on="exposure_key", how="left", maintain_order="left"
    )
    settled = settle(exposure, note, index_days(tables, exposure))
    person = person_rows(tables, settled.stitch.person)
    index = index_days(tables, exposure)[settled.position].astype(np.float64)
    evidence = codes(note, ExposureNote, "evidence")[0][settled.position]
    # What was dispensed may last longer than its supply; what is bare is taken as dispensed.
    is_supply = (evidence == EVIDENCE.index("fill")) | (evidence == NO_CODE)
    slack = np.where(is_supply, knowledge.policy.gap_days["fill"].value, 0.0)
    late, early = settled.possible[1].astype(np.float64), settled.early_end.astype(np.float64)
    least = np.where(settled.is_ongoing, 0.0, np.maximum(0.0, index - (late - 1) - slack))
    is_open = settled.is_start_unknown & settled.is_end_unknown
    # With an unknown end the last day is at least the first.
    first = settled.possible[0].astype(np.float64)
    most = np.where(settled.is_end_unknown, index - first, index - np.maximum(early - 1, first))
    most = np.where(settled.is_ongoing, 0.0, np.where(is_open, np.inf, np.maximum(0.0, most)))
    at = sheet.file(note["record_ref"])
    return Courses(person, settled.stitch.treatment, least, most, settled.position + at)
