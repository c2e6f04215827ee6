"""Why is a verdict what it is, and what would settle it?

The observed features, criteria and trials behind every verdict (`remit.flow.findings`), and the unknown facts that
leave it open (`remit.flow.missing`).
"""

from __future__ import annotations

import polars as pl

from remit.engine.columns import codes
from remit.flow.excluded import exclusions_of
from remit.flow.features import features_of
from remit.flow.findings import Ledger
from remit.flow.missing import MissingFacts
from remit.knowledge import Knowledge
from remit.tables import Tables, Verdict
from remit.tables.resistance import STATUS


def reasons(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Reasons of every verdict.

    Reads `verdict` and what `resistance` reads. Writes `tally`, `finding`, `finding_trial`, `missing`.
    """
    features, exclusions = features_of(tables, knowledge), exclusions_of(tables, knowledge)
    ledger, lacking = Ledger(features), MissingFacts(features)
    status = codes(tables["verdict"], Verdict, "status")[0].reshape(-1, features.n)
    is_open = status == STATUS.index("undetermined")
    for key, definition in enumerate(knowledge.definitions):
        values = features.of(definition)
        ledger.add(key, definition, values)
        lacking.add(key, definition, values, is_open[key], exclusions.of(definition.excludes))
    return ledger.frames() | {"missing": lacking.frame()}
