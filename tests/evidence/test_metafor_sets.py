"""Further data sets of R package metadat 1.2-0, held against metafor 3.8-1 run on the same numbers.

Networks: `rma.mv(yi, V, mods, random = ~ arm | study, rho = 1/2)` on the contrasts of each study against its first arm,
0.5 added to all cells of studies with an empty one, optimiser driven to its last digits. Pairs: `rma`, `rma.mh` and
`rma.peto` with their defaults, but `control = list(tol = 1e-12)` for PM and studies without events dropped from ratios.
Risk differences by REML and ML are not among them: metafor's scoring stops when a step is below 1e-5, which is no
solution on that scale (`docs/how-to/evidence.md`).
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.evidence import network, pairwise

HERE = Path(__file__).parent
NETWORKS = pl.read_csv(HERE / "published" / "metafor_networks.csv").to_dicts()
PAIRS = pl.read_csv(HERE / "published" / "metafor_pairwise.csv", schema_overrides={"tau2": pl.Float64}).to_dicts()
OPTIMISER = 2e-7
"""How near metafor's optimiser comes."""

RUNS = [(key, list(rows)) for key, rows in groupby(NETWORKS, key=lambda r: (r["set"], r["measure"], r["method"]))]


@pytest.mark.parametrize(("run", "rows"), RUNS, ids=["-".join(key) for key, _ in RUNS])
def test_networks(run: tuple[str, str, str], rows: list[dict[str, Any]]) -> None:
    name, measure, method = run
    options: dict[str, Any] = {"model": "common"} if method == "fe" else {"tau2": method}
    piece = network(HERE / "data" / f"{name}.csv", measure=measure, **options).pieces[0]
    te, se = piece.fit.te(), piece.fit.se()
    assert len(rows) == len(piece.treatments) - 1
    for row in rows:
        at = piece.treatments.index(row["treatment"])
        assert te[at, 0] == pytest.approx(row["te"], abs=OPTIMISER)
        assert se[at, 0] == pytest.approx(row["se"], abs=OPTIMISER)
        assert piece.q == pytest.approx(row["q"], abs=OPTIMISER)
        assert piece.tau2_used == pytest.approx(row["tau2"], abs=OPTIMISER)


@pytest.mark.parametrize("row", PAIRS, ids=[f"{r['set']}-{r['measure']}-{r['method']}-{r['test']}" for r in PAIRS])
def test_pairs(row: dict[str, Any]) -> None:
    method = row["method"]
    options: dict[str, Any] = {"tau2": method, "test": row["test"]}
    if method in ("mh", "peto"):
        options = {"method": method, "model": "common"}
    found = pairwise(HERE / "data" / f"{row['set']}.csv", measure=row["measure"], **options)
    lead, spread = found.estimate, found.heterogeneity
    got = {"te": lead.te, "se": lead.se, "lower": lead.lower, "upper": lead.upper, "q": spread.q}
    got |= {"tau2": spread.tau2, "i2": 100 * spread.i2, "h2": spread.h2}
    got |= {"prediction_lower": found.prediction_lower, "prediction_upper": found.prediction_upper}
    compared = {key: row[key] for key in got if row[key] is not None}
    assert len(compared) >= 5
    assert {key: got[key] for key in compared} == pytest.approx(compared, rel=1e-6, abs=1e-6)
