"""What comes out of a bucket: the rows that are written, keyed by the person's own id and in one order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.bucket import Bucket
from remit.cohort.raw import PERSON
from remit.engine.columns import codes, with_enums
from remit.flow.adequacy import adequacy_with_days
from remit.knowledge import Knowledge
from remit.tables import TRI, Tables, Verdict
from remit.tables.records import OUTCOMES
from remit.tables.resistance import STATUS

_TRIAL = (
    "start_date", "end_date", "is_ongoing", "covered_days", "covered_days_low", "max_dose_mg", "is_dose_complete",
    "n_exposures",
)  # fmt: skip
_THREE_VALUED = ("dose_met", "duration_met", "adherence_met", "failed_adequate", "failed_in_episode", "intolerant")
_DAYS = ("adequate_days", "adequate_days_low")


class Judged(NamedTuple):
    """A bucket after the flow."""

    bucket: Bucket
    tables: Tables
    knowledge: Knowledge

    @property
    def n_persons(self) -> int:
        """How many persons there are."""
        return len(self.bucket.ids)


def written(judged: Judged) -> dict[str, pl.DataFrame]:
    """Tables `trial`, `adequacy` and `verdict` as they are written."""
    trial = trial_rows(judged)
    return {"trial": trial, "adequacy": adequacy_rows(judged, trial), "verdict": verdict_rows(judged)}


def treatment_names(knowledge: Knowledge) -> tuple[str, ...]:
    """Ids of treatments, in the order of their keys."""
    return tuple(treatment.id for treatment in knowledge.treatments)


def trial_rows(judged: Judged) -> pl.DataFrame:
    """One row per trial, in order of person, treatment and start; `trial` counts a person's trials from 1."""
    trial, knowledge = judged.tables["trial"], judged.knowledge
    person = trial["person_key"].to_numpy()
    treatment = trial["treatment_key"].to_numpy()
    first = np.searchsorted(person, person) if len(person) else person
    columns = [
        judged.bucket.ids.gather(person).alias(PERSON),
        pl.Series("trial", np.arange(1, len(person) + 1, dtype=np.uint32) - first.astype(np.uint32)),
        pl.Series("treatment", treatment),
        pl.Series("class", knowledge.class_keys[treatment].astype(np.uint16)),
        pl.Series("role", _role_codes(knowledge)[treatment]),
        *(trial[name] for name in _TRIAL),
        *(judged.tables["response"][name] for name in ("outcome", "improvement_percent")),
    ]
    roles = tuple(sorted({t.role for t in knowledge.treatments}))
    words = {"treatment": treatment_names(knowledge), "class": tuple(knowledge.class_ids), "role": roles}
    return with_enums(columns, words).with_columns(pl.col("outcome").cast(pl.Enum(OUTCOMES)))


def _role_codes(knowledge: Knowledge) -> NDArray[np.uint8]:
    names = sorted({t.role for t in knowledge.treatments})
    return np.array([names.index(t.role) for t in knowledge.treatments], np.uint8)


def adequacy_rows(judged: Judged, trial: pl.DataFrame) -> pl.DataFrame:
    """One row per trial and rule, in order of person, trial and rule."""
    knowledge = judged.knowledge
    judgement = adequacy_with_days(judged.tables, knowledge)
    rules, n = len(knowledge.rules_in_use), trial.height
    names = [knowledge.rules[key].id for key in knowledge.rules_in_use]
    columns = [
        *(trial[name].gather(np.repeat(np.arange(n), rules)) for name in (PERSON, "trial", "treatment")),
        pl.Series("rule", np.tile(np.arange(rules, dtype=np.uint8), n)),
        *(pl.Series(name, _turned(judgement[name].to_physical().to_numpy(), rules)) for name in _THREE_VALUED),
        *(_turned_days(judgement[name], rules) for name in _DAYS),
    ]
    return with_enums(columns, {"rule": tuple(names)} | dict.fromkeys(_THREE_VALUED, TRI))


def verdict_rows(judged: Judged) -> pl.DataFrame:
    """One row per person and definition, in order of person, then definition."""
    verdict, knowledge = judged.tables["verdict"], judged.knowledge
    n_definitions, n = len(knowledge.definitions), judged.n_persons
    columns = [
        judged.bucket.ids.gather(np.repeat(np.arange(n), n_definitions)).alias(PERSON),
        pl.Series("definition", np.tile(np.arange(n_definitions, dtype=np.uint8), n)),
        pl.Series("status", _turned(codes(verdict, Verdict, "status")[0], n_definitions)),
        *(verdict[name].gather(_turns(n_definitions, n)) for name in ("value", "low", "high", "first_met_date")),
    ]
    words = {"definition": tuple(d.id for d in knowledge.definitions), "status": STATUS}
    return with_enums(columns, words)


def _turns(n_blocks: int, n: int) -> NDArray[np.int64]:
    """Positions that turn rows by block, then row, into rows by row, then block."""
    return np.arange(n_blocks * n).reshape(n_blocks, n).T.ravel()


def _turned(column: NDArray[np.generic], n_blocks: int) -> NDArray[np.generic]:
    return np.ascontiguousarray(column.reshape(n_blocks, -1).T).ravel()


def _turned_days(column: pl.Series, n_blocks: int) -> pl.Series:
    return column.gather(_turns(n_blocks, len(column) // n_blocks if n_blocks else 0))


def statuses(tables: Tables, n_definitions: int) -> NDArray[np.uint8]:
    """Code of each verdict's status: by definition, then person."""
    return codes(tables["verdict"], Verdict, "status")[0].reshape(n_definitions, -1)
