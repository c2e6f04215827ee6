"""Why is a verdict what it is, and what would settle it?

The observed features, criteria and trials behind every verdict (`remit.flow.findings`), and the unknown facts that
leave it open (`remit.flow.missing`).
"""

from __future__ import annotations

import polars as pl

from remit.engine.columns import codes
from remit.engine.written import Pending, Written
from remit.flow.excluded import Exclusions, exclusions_of
from remit.flow.features import Features, features_of
from remit.flow.findings import Ledger
from remit.flow.missing import MissingFacts
from remit.knowledge import Knowledge
from remit.tables import Tables, Verdict
from remit.tables.resistance import STATUS


def reasons(tables: Tables, knowledge: Knowledge) -> Written:
    """Reasons of every verdict.

    Reads `verdict` and what `resistance` reads. Writes `tally`, `finding`, `finding_trial`, `missing`.
    """
    features, exclusions = features_of(tables, knowledge), exclusions_of(tables, knowledge)
    ledger = Ledger(features)
    return Written(
        {
            "tally": Pending(ledger.tally),
            "finding": Pending(ledger.finding),
            "finding_trial": Pending(ledger.finding_trial),
            "missing": Pending(lambda: _missing(features, exclusions)),
        }
    )


def _missing(features: Features, exclusions: Exclusions) -> pl.DataFrame:
    status = codes(features.tables["verdict"], Verdict, "status")[0].reshape(-1, features.n)
    lacking = MissingFacts(features)
    for key, definition in enumerate(features.knowledge.definitions):
        is_open = status[key] == STATUS.index("undetermined")
        lacking.add(key, definition, features.of(definition), is_open, exclusions.of(definition.excludes))
    return lacking.frame()
