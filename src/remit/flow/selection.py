"""Which trials a feature looks at: by role, class, treatment, detail, and whether they were added to another."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.logic import Tri, every, known, negate
from remit.engine.written import columns_of
from remit.flow.joined import Joined
from remit.flow.overlap import TOGETHER, declared, pairs
from remit.flow.scope import Spans
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.select import Select
from remit.tables import NO, UNKNOWN, YES, Tables, Trial, TrialNote, TrialOverlap
from remit.tables.trials import OVERLAP_KINDS


class Selection:
    """Three-valued matching of trials; see docs/explanation/semantics.md, *Features of a definition*."""

    def __init__(self, tables: Tables, knowledge: Knowledge, spans: Spans, joined: Joined) -> None:
        self.tables, self.knowledge, self.spans, self.joined = tables, knowledge, spans, joined
        self.treatment = columns_of(tables, Trial)["treatment_key"].astype(np.intp)

    def match(self, select: Select) -> Tri:
        """Whether each trial matches."""
        parts = [known(self.knowledge.selected(select)[self.treatment])]
        parts += [self.detail(name, value) for name, value in select.detail.items()]
        if select.added is not None:
            parts.append(self.added if select.added else negate(self.added))
        return every(*parts)

    def detail(self, name: str, value: str) -> Tri:
        """Yes where every part of a trial has the value, no where none can have it, unknown where parts are silent."""
        result = np.full(len(self.treatment), UNKNOWN, np.uint8)
        if self.tables["trial_detail"].is_empty():
            return result
        rows = self.tables["trial_detail"].filter(pl.col("name") == name)
        settled = rows.filter("is_settled")
        result[settled["trial_key"].to_numpy()] = known((settled["value"] == value).to_numpy())
        return self.joined.agreed(result)

    @cached_property
    def added(self) -> Tri:
        """Whether a trial was added to another one.

        Yes if the record says so, or for the added one of a combination or augmentation whose two trials have exact
        dates. Unknown if it may have started with or after another one with which it may share more than a cross-
        taper, and one of the two has inexact dates.
        """
        s = self.spans
        person = columns_of(self.tables, Trial)["person_key"].astype(np.int64)
        is_inexact = ~s.is_exact
        is_inexact[self.joined.trials] = True
        result = np.full(len(person), NO, np.uint8)
        if np.count_nonzero(is_inexact):
            result[self._may_have_been_added(person, is_inexact)] = UNKNOWN
        overlap, note = columns_of(self.tables, TrialOverlap), columns_of(self.tables, TrialNote)
        base, added = overlap["trial_key"], overlap["added_trial_key"]
        if len(base):
            is_together = overlap["kind"] != OVERLAP_KINDS.index("cross_taper")
            result[added[is_together & ~is_inexact[base] & ~is_inexact[added]]] = YES
        result[note["trial_key"][~np.isnan(note["augments_key"])]] = YES
        return self.joined.agreed(result)

    def _may_have_been_added(self, person: NDArray[np.int64], is_inexact: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Trials of pairs that may share more than a cross-taper, one of the two with inexact dates."""
        s = self.joined.widened(self.spans)
        row = person_rows(self.tables, columns_of(self.tables, Trial)["person_key"])
        concerned = np.zeros(self.tables["person"].height, np.bool_)
        concerned[row[is_inexact]] = True
        takes_part = self.knowledge.in_roles(*TOGETHER)[self.treatment] & concerned[row]
        first, second = pairs(person, s.start.astype(np.int64), s.end.astype(np.int64), takes_part)
        shared = np.minimum(s.end[first], s.end[second]) - np.maximum(s.start[first], s.start[second])
        is_open = (shared > self.knowledge.policy.cross_taper_days.value) & (is_inexact[first] | is_inexact[second])
        is_open &= self.treatment[first] != self.treatment[second]  # nothing is added to itself
        said = declared(len(person), columns_of(self.tables, TrialNote))  # what the record says is settled
        is_open &= (said[first] != self.treatment[second]) & (said[second] != self.treatment[first])
        first, second = first[is_open], second[is_open]
        # Whichever may have started with or after the other may be the added one.
        return np.concatenate(
            [first[s.late_start[first] >= s.start[second]], second[s.late_start[second] >= s.start[first]]]
        )
