"""What could come next; why, why not, why not yet?

Every treatment of the catalogue is held against the rules of labels, protocols and guidelines, against what is known
about special groups, and against what was tried. A rule that cannot be assessed never counts as passed. The order
follows declared keys and never the percentages of different trials. docs/explanation/options.md
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import nullable_codes, with_enums
from remit.engine.expressions import FactColumns, fact_columns
from remit.engine.logic import Tri, negate
from remit.flow.options.plan import NO_LINE, POPULATION, TRIED, Plan, Reasons, plan_of, rules_plan
from remit.flow.options.tried import History, Tried, tried_fairly
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.eligibility import EligibilityRule
from remit.tables import NO, UNKNOWN, YES, Option, OptionReason, SpecialGroup, Tables
from remit.tables.options import EFFECTS, OPTION_STATUS

Matrix = NDArray[np.uint8]
_BASE = 256  # each key of the order fits into a byte


def options(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Options of every person, with all their reasons.

    Reads `person`, `fact`, `preference`, and what `trials` and `adequacy` write.
    Writes `option`, `option_reason`, `special_group`, `mechanism_tried`.
    """
    plan = plan_of(knowledge)
    person_key = tables["person"]["person_key"].to_numpy()
    facts = fact_columns(tables["fact"], knowledge.fact_keys)
    n = len(person_key)
    holds = plan.conditions.hold(facts)
    history = History(tables, knowledge)
    tried = history.of_options(plan)
    fairly = tried_fairly(tried, len(plan.line), n)
    bears, is_gone = _bearing(plan.reasons, holds)
    status = _status(plan, bears, is_gone, fairly)
    return {
        "option": _options(plan, tables, knowledge, status, fairly),
        "option_reason": _reasons(plan, bears, is_gone, tried, person_key),
        "special_group": _groups(plan, holds, person_key),
        "mechanism_tried": history.mechanisms(plan, person_key),
    }


def rules_bearing(
    facts: FactColumns, rules: Sequence[EligibilityRule], knowledge: Knowledge
) -> tuple[Matrix, NDArray[np.bool_]]:
    """By rule and person: whether it bears on the person, and whether it belongs to another country."""
    conditions, reasons = rules_plan(knowledge, rules)
    return _bearing(reasons, conditions.hold(facts))


def _bearing(reasons: Reasons, holds: Matrix) -> tuple[Matrix, NDArray[np.bool_]]:
    """By reason and person: whether it bears on the person, and whether it belongs to another country.

    Where the country is unknown, a hard rule cannot be assessed, unless it does not bear anywhere.
    """
    held = holds[reasons.when]
    bears: Matrix = np.where(reasons.is_flag[:, None], held, negate(held))
    applies = np.full(bears.shape, YES, np.uint8)
    for row, regions in enumerate(reasons.regions):
        if regions:
            applies[row] = holds[list(regions)].max(axis=0)
    is_open = (applies == UNKNOWN) & reasons.is_hard[:, None]
    return np.where(is_open, np.minimum(bears, np.uint8(UNKNOWN)), bears), applies == NO


def _status(plan: Plan, bears: Matrix, is_gone: NDArray[np.bool_], fairly: Matrix) -> Matrix:
    """By option and person: the code of the status; the later of two that hold stands."""
    reasons = plan.reasons
    does_bear = (bears == YES) & ~is_gone

    def any_of(hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(plan.option_of @ hit.astype(np.float32) > 0)

    def leads_to(effect: str) -> NDArray[np.bool_]:
        return any_of(does_bear & (reasons.effect == EFFECTS.index(effect))[:, None])

    is_held_back = any_of((bears == UNKNOWN) & ~is_gone & reasons.is_hard[:, None])
    result = np.full(fairly.shape, OPTION_STATUS.index("discuss"), np.uint8)
    for name, is_so in (
        ("discuss_with_caution", leads_to("discuss_with_caution") | is_held_back),
        ("tried", (fairly == YES) & plan.can_be_tried[:, None]),
        ("not_now", leads_to("not_now")),
        ("not_suitable", leads_to("not_suitable")),
        ("investigational", np.broadcast_to(plan.is_investigational[:, None], fairly.shape)),
    ):
        result[is_so] = OPTION_STATUS.index(name)
    return result


def _options(plan: Plan, tables: Tables, knowledge: Knowledge, status: Matrix, fairly: Matrix) -> pl.DataFrame:
    """Table `option`, in order of person, then catalogue."""
    person_key = tables["person"]["person_key"].to_numpy()
    n_options, n = status.shape
    places = np.array([knowledge.ordering.statuses.index(name) for name in OPTION_STATUS], np.uint8)
    by_status = places[status]
    against, fits = _wishes(plan, tables, n)
    line, grade = (np.broadcast_to(column[:, None], status.shape) for column in (plan.line, plan.grade))
    order = np.zeros(status.shape, np.int64)
    for key in (by_status, line, grade, against, _BASE - 1 - fits.astype(np.int64), plan.name[:, None]):
        order = order * _BASE + key
    place = np.argsort(np.argsort(order, axis=0), axis=0).astype(np.uint8)
    columns = [
        pl.Series("person_key", np.repeat(person_key, n_options)),
        pl.Series("option_key", np.tile(np.arange(n_options, dtype=np.uint8), n)),
        pl.Series("status", status.T.ravel()),
        pl.Series("place", place.T.ravel()),
        pl.Series("order_status", by_status.T.ravel()),
        nullable_codes("order_line", np.where(line == NO_LINE, np.uint8(_BASE - 1), line).T.ravel()),
        pl.Series("order_grade", grade.T.ravel()),
        pl.Series("order_against", against.T.ravel()),
        pl.Series("order_fits", fits.T.ravel()),
        pl.Series("tried_fairly", fairly.T.ravel()),
    ]
    return with_enums(columns, Option.words())


def _wishes(plan: Plan, tables: Tables, n: int) -> tuple[Matrix, Matrix]:
    """By option and person: how many stated preferences an option goes against, and how many it fits."""
    against, fits = (np.zeros((len(plan.line), n), np.uint8) for _ in range(2))
    stated = tables["preference"]
    at = person_rows(tables, stated["person_key"].to_numpy())
    wanted = stated["is_wanted"].to_numpy()
    names = np.array(stated["preference_id"].to_list(), dtype=object)
    for name in sorted(set(names.tolist()) & set(plan.preferences)):
        is_wanted, fit = plan.preferences[name]
        rows = at[(names == name) & (wanted == is_wanted)]
        against[:, rows] += (fit == NO)[:, None]
        fits[:, rows] += (fit == YES)[:, None]
    return against, fits


def _reasons(
    plan: Plan, bears: Matrix, is_gone: NDArray[np.bool_], tried: Tried, person_key: NDArray[np.uint32]
) -> pl.DataFrame:
    """Table `option_reason`, in order of person, then option; a trial of an option is one more reason of it.

    A try is met where it was a fair one.
    """
    reasons = plan.reasons
    is_shown = ~is_gone & ((reasons.kind != POPULATION)[:, None] | (bears == YES))
    person, row = np.nonzero(is_shown.T)
    value: Tri = bears[row, person]
    state = np.where(reasons.is_flag[row], value, negate(value))
    n = len(tried.option)
    kind = np.concatenate([reasons.kind[row], np.full(n, TRIED, np.uint8)])
    option = np.concatenate([reasons.option[row], tried.option.astype(np.uint8)])
    owner = np.concatenate([person, tried.person])
    order = np.lexsort((option, owner))  # stable
    trial = np.concatenate([np.full(len(row), np.nan), tried.trial])
    columns = [
        pl.Series("person_key", person_key[owner][order]),
        pl.Series("option_key", option[order]),
        pl.Series("kind", kind[order]),
        plan.ids.gather(np.concatenate([row, np.full(n, len(plan.ids) - 1)])[order]),
        pl.Series("effect", np.concatenate([reasons.effect[row], np.zeros(n, np.uint8)])[order]),
        pl.Series("state", np.concatenate([state, tried.fair])[order]),
        pl.Series("bears", np.concatenate([value, tried.fair])[order]),
        pl.Series("is_hard", np.concatenate([reasons.is_hard[row], np.zeros(n, np.bool_)])[order]),
        pl.Series("trial_key", trial[order], nan_to_null=True).cast(pl.UInt32),
    ]
    return with_enums(columns, OptionReason.words())


def _groups(plan: Plan, holds: Matrix, person_key: NDArray[np.uint32]) -> pl.DataFrame:
    """Table `special_group`, in order of person, then group."""
    n_groups = len(plan.groups)
    belongs = holds[list(plan.groups.values())].T.ravel()
    columns = [
        pl.Series("person_key", np.repeat(person_key, n_groups)),
        pl.Series("group", list(plan.groups) * len(person_key), dtype=pl.String),
        pl.Series("belongs", belongs),
    ]
    return with_enums(columns, SpecialGroup.words())
