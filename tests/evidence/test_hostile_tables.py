"""Tables of every unlucky kind: the answer is a result that JSON can hold, or an error that Remit raises on purpose."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from remit.errors import RemitError
from remit.evidence import network, pairwise
from remit.evidence.plots.forest import forest_plot
from remit.evidence.plots.funnel import funnel_plot
from remit.evidence.plots.network import write_plots
from remit.evidence.text import network_text, pairwise_text

KINDS = {"counts": ("or", "rr", "rd"), "means": ("md", "smd"), "effects": ("te", "hr")}
ZERO, DOUBLE = ("only0", "all", "if0all", "none"), ("drop", "keep")


def table(rng: random.Random, treatments: list[str], kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for s in range(rng.randint(1, 7)):
        arms = rng.sample(treatments, rng.randint(1 if rng.random() < 0.1 else 2, min(4, len(treatments))))
        study = f"s{s}"
        if kind == "effects":
            place = {t: (rng.gauss(0, 1), rng.uniform(0.001, 2)) for t in arms}
            for i, a in enumerate(arms):
                for b in arms[i + 1 :]:
                    te, var = place[a][0] - place[b][0], place[a][1] + place[b][1]
                    rows.append({"study": study, "treat1": a, "treat2": b, "te": te, "se_te": var**0.5})
            continue
        for t in arms:
            n = rng.choice([1, 2, 3, 10, 50, 500, 100_000])
            numbers: dict[str, Any] = {"events": rng.choice([0, 0, n, rng.randint(0, n)])}
            if kind == "means":
                numbers = {"mean": rng.choice([0, 5.0, rng.gauss(0, 1e3), 1e-9]), "sd": rng.choice([1e-6, 1.0, 1e4])}
            rows.append({"study": study, "treatment": t, "n": n, **numbers})
    return rows


@pytest.mark.parametrize("seed", range(24))
def test_hostile_tables(seed: int) -> None:
    rng = random.Random(seed)
    kind = rng.choice(sorted(KINDS))
    treatments = ["a", "b", "c", "d", "e", "placebo"][: rng.randint(2, 6)]
    rows = table(rng, treatments, kind)
    if not rows:
        return
    options: dict[str, Any] = {"measure": rng.choice(KINDS[kind])}
    options |= {"double_zero": rng.choice(DOUBLE), "zero_cells": rng.choice(ZERO)}
    try:
        whole = network(rows, tau2=rng.choice(["dl", "reml", "ml"]), model=rng.choice(["common", "random"]), **options)
    except RemitError as error:
        assert str(error)
    else:
        data = whole.to_dict()
        json.dumps(data, allow_nan=False)
        assert network_text(whole, data)
        assert write_plots(whole)
        for piece in whole.pieces:
            for further in (piece.split, piece.heat, piece.contributions, piece.detached, piece.league):
                further()
    first, second = rng.sample(treatments, 2)
    method = rng.choice(["iv", "mh", "peto"]) if options["measure"] == "or" else "iv"
    options |= {"tau2": rng.choice(["dl", "pm", "reml", "ml", "hs", "sj", "eb", "he"]), "method": method}
    try:
        pair = pairwise(rows, treat1=first, treat2=second, test=rng.choice(["z", "t", "knha", "adhoc"]), **options)
    except RemitError as error:
        assert str(error)
    else:
        json.dumps(pair.to_dict(), allow_nan=False)
        assert pairwise_text(pair)
        assert forest_plot(pair)
        assert funnel_plot(pair)
