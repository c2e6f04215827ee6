"""What must hold for any table: names, order and direction of rows change nothing but names, order and signs."""

from __future__ import annotations

import os
from itertools import pairwise as pairwise_names
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.evidence import network, pairwise

settings.register_profile("remit", deadline=None, max_examples=25, derandomize=bool(os.environ.get("CI")))
SETTINGS = settings.get_profile("remit")


@st.composite
def networks(draw: st.DrawFn, three_arms: bool = True) -> pl.DataFrame:
    """A connected network of binary arms: a chain, plus studies of any two or three treatments."""
    treatments = ["A", "B", "C", "D", "E"][: draw(st.integers(2, 5))]
    designs = [list(pair) for pair in pairwise_names(treatments)]
    width = st.integers(2, min(3 if three_arms else 2, len(treatments)))
    designs += [draw(st.permutations(treatments))[: draw(width)] for _ in range(draw(st.integers(1, 6)))]
    rows = []
    for i, arms in enumerate(designs):
        for arm in arms:
            n = draw(st.integers(10, 300))
            rows.append({"study": f"s{i:02d}", "treatment": arm, "events": draw(st.integers(1, n - 1)), "n": n})
    return pl.DataFrame(rows)


@st.composite
def comparisons(draw: st.DrawFn, least: int = 2) -> pl.DataFrame:
    """Studies of two treatments, empty cells included."""
    rows = []
    for i in range(draw(st.integers(least, 8))):
        for arm in ("A", "B"):
            n = draw(st.integers(5, 300))
            rows.append({"study": f"s{i:02d}", "treatment": arm, "events": draw(st.integers(0, n)), "n": n})
    rows[0]["events"] = max(1, min(int(rows[0]["events"]), int(rows[0]["n"]) - 1))
    return pl.DataFrame(rows)


def matrices(frame: pl.DataFrame, **options: Any) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, float, float]:
    piece = network(frame, measure="or", **options).pieces[0]
    return piece.treatments, piece.fit.te(), piece.fit.se(), piece.q, piece.tau2


@settings(SETTINGS)
@given(networks(), st.randoms(use_true_random=False), st.sampled_from(["dl", "reml", "ml"]))
def test_row_order_changes_nothing(frame: pl.DataFrame, random: Any, tau2: str) -> None:
    order = list(range(frame.height))
    random.shuffle(order)
    one, two = matrices(frame, tau2=tau2), matrices(frame[order], tau2=tau2)
    assert one[0] == two[0]
    for a, b in zip(one[1:], two[1:], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)


@settings(SETTINGS)
@given(networks(), st.permutations(["A", "B", "C", "D", "E"]))
def test_relabelling_only_renames(frame: pl.DataFrame, names: list[str]) -> None:
    mapping = dict(zip("ABCDE", names, strict=True))
    one = matrices(frame)
    two = matrices(frame.with_columns(pl.col("treatment").replace(mapping)))
    place = [two[0].index(mapping[t]) for t in one[0]]
    np.testing.assert_allclose(one[1], two[1][np.ix_(place, place)], atol=1e-7)
    np.testing.assert_allclose(one[2], two[2][np.ix_(place, place)], atol=1e-7)
    assert one[3] == pytest.approx(two[3], abs=1e-7)


@settings(SETTINGS)
@given(networks())
def test_effects_are_coherent(frame: pl.DataFrame) -> None:
    _, te, se, q, _ = matrices(frame)
    np.testing.assert_allclose(te, -te.T, atol=1e-12)
    np.testing.assert_allclose(te, te[:, :1] + te[:1, :], atol=1e-9)
    np.testing.assert_allclose(se, se.T, atol=1e-12)
    assert q >= 0


@settings(SETTINGS)
@given(networks())
def test_q_splits_into_its_parts(frame: pl.DataFrame) -> None:
    found = network(frame, measure="or").to_dict()
    assert found["q"] == pytest.approx(found["q_within"] + found["q_between"], abs=1e-7)
    assert found["df_q"] == found["df_within"] + found["df_between"]


@settings(SETTINGS)
@given(networks())
def test_common_with_no_heterogeneity_equals_random(frame: pl.DataFrame) -> None:
    one, two = matrices(frame, model="common"), matrices(frame, model="random", preset_tau2=0.0)
    np.testing.assert_allclose(one[1], two[1], atol=1e-10)


@settings(SETTINGS)
@given(networks())
def test_contrasts_give_what_arms_give(frame: pl.DataFrame) -> None:
    """Effects and standard errors of all pairs carry all that arms carry, also for studies with three arms."""
    rows = []
    for study in frame["study"].unique().sort():
        arms = frame.filter(pl.col("study") == study).to_dicts()
        for i, a in enumerate(arms):
            for b in arms[i + 1 :]:
                parts = [a["events"], a["n"] - a["events"], b["events"], b["n"] - b["events"]]
                rows.append(
                    {
                        "study": study,
                        "treat1": a["treatment"],
                        "treat2": b["treatment"],
                        "te": float(np.log(parts[0] * parts[3] / (parts[1] * parts[2]))),
                        "se_te": float(np.sqrt(sum(1 / p for p in parts))),
                    }
                )
    one, two = matrices(frame), matrices(pl.DataFrame(rows))
    np.testing.assert_allclose(one[1], two[1], atol=1e-6)
    np.testing.assert_allclose(one[2], two[2], atol=1e-6)


@settings(SETTINGS)
@given(comparisons(), st.sampled_from(["dl", "reml", "ml"]), st.sampled_from(["or", "rr", "rd"]))
def test_network_of_two_is_pairwise(frame: pl.DataFrame, tau2: str, measure: str) -> None:
    whole = pl.concat(
        [frame, pl.DataFrame({"study": ["z", "z"], "treatment": ["A", "B"], "events": [3, 4], "n": [9, 9]})]
    )
    increments = {"zero_cells": "only0"}
    pair = pairwise(whole, measure=measure, tau2=tau2, treat1="A", treat2="B", **increments)
    piece = network(whole, measure=measure, tau2=tau2, **increments).pieces[0]
    assert piece.k == pair.k
    if measure == "rr" and (whole["events"] == 0).any():
        return  # Both add to arms with empty cells, in the one as metafor does and in the other as netmeta does.
    assert piece.q == pytest.approx(pair.heterogeneity.q, rel=1e-7, abs=1e-8)
    assert piece.tau2 == pytest.approx(pair.heterogeneity.tau2, rel=1e-9, abs=1e-9)
    assert piece.random.te()[0, 1] == pytest.approx(pair.random.te, rel=1e-7, abs=1e-8)
    assert piece.random.se()[0, 1] == pytest.approx(pair.random.se, rel=1e-7, abs=1e-8)


@settings(SETTINGS)
@given(
    comparisons(),
    st.sampled_from(["or", "rr", "rd"]),
    st.sampled_from(["iv", "mh", "peto"]),
    st.sampled_from(["reml", "dl", "pm", "ml", "hs", "sj", "eb", "he"]),
)
def test_swapping_arms_turns_the_sign(frame: pl.DataFrame, measure: str, method: str, tau2: str) -> None:
    if method == "peto" and measure != "or":
        return
    options: dict[str, Any] = {"measure": measure, "method": method, "tau2": tau2}
    try:
        one = pairwise(frame, treat1="A", treat2="B", **options)
    except Exception as error:
        with pytest.raises(type(error)):
            pairwise(frame, treat1="B", treat2="A", **options)
        return
    two = pairwise(frame, treat1="B", treat2="A", **options)
    assert one.random.te == pytest.approx(-two.random.te, rel=1e-6, abs=1e-8)
    assert one.random.se == pytest.approx(two.random.se, rel=1e-6, abs=1e-8)
    assert one.heterogeneity.tau2 == pytest.approx(two.heterogeneity.tau2, rel=1e-5, abs=1e-8)
    assert one.prediction_lower == pytest.approx(-two.prediction_upper, rel=1e-5, abs=1e-6, nan_ok=True)


@settings(SETTINGS)
@given(comparisons())
def test_every_study_is_counted_once(frame: pl.DataFrame) -> None:
    r = pairwise(frame, measure="or", treat1="A", treat2="B")
    assert r.k + len(r.excluded) == frame["study"].n_unique()
    assert r.studies.height == r.k
    if r.k > 1:
        assert r.heterogeneity.tau2 >= 0
        assert 0 <= r.heterogeneity.i2 <= 1
    assert r.random.lower <= r.random.te <= r.random.upper
    weights = r.studies["weight_random"].to_list()
    assert sum(weights) == pytest.approx(100, abs=1e-6)


@settings(SETTINGS)
@given(comparisons())
def test_reml_is_at_the_top_of_its_likelihood(frame: pl.DataFrame) -> None:
    r = pairwise(frame, measure="or", treat1="A", treat2="B")
    y, v = r.studies["te"].to_numpy(), r.studies["se"].to_numpy() ** 2
    if len(y) < 2:
        return

    def likelihood(tau2: float) -> float:
        w = 1 / (v + tau2)
        mean = np.sum(w * y) / w.sum()
        return float(-0.5 * (np.sum(np.log(v + tau2)) + np.log(w.sum()) + np.sum(w * (y - mean) ** 2)))

    best = likelihood(r.heterogeneity.tau2)
    for trial in (0.0, *np.geomspace(1e-6, 1e3, 60)):
        assert likelihood(float(trial)) <= best + 1e-4


@settings(SETTINGS)
@given(networks())
def test_contributions_add_up(frame: pl.DataFrame) -> None:
    table = network(frame, measure="or").pieces[0].contributions()
    shares = table.drop("comparison").sum_horizontal().to_list()
    assert shares == pytest.approx([1.0] * len(shares), abs=1e-6)


@settings(SETTINGS)
@given(networks())
def test_ranks_are_probabilities(frame: pl.DataFrame) -> None:
    piece = network(frame, measure="or").pieces[0]
    table, probabilities = piece.rank(draws=500)
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-12)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
    assert piece.p_scores()["p_score"].mean() == pytest.approx(0.5, abs=1e-9)
    assert table["sucra"].mean() == pytest.approx(0.5, abs=1e-9)


def test_non_adjacent_rows_and_all_kinds_of_input(tmp_path: Any) -> None:
    """A study's rows need not stand together, and all sources give one answer."""
    frame = pl.DataFrame(
        {
            "study": ["a", "b", "c", "a", "b", "c"],
            "treatment": ["x", "x", "x", "y", "y", "y"],
            "events": [3, 5, 7, 9, 11, 13],
            "n": [30, 30, 30, 31, 32, 33],
        }
    )
    path = tmp_path / "t.csv"
    frame.write_csv(path)
    sources = [frame, frame.lazy(), frame.to_dicts(), frame.to_dict(as_series=False), path, str(path)]
    answers = {pairwise(s, treat1="x", treat2="y").random.te for s in sources}
    assert len(answers) == 1


def test_pandas_frames() -> None:
    pandas = pytest.importorskip("pandas")
    columns = {"study": [1.0, 1.0, 2.0, 2.0], "treatment": ["x", "y"] * 2, "events": [3, 5, 7, 9], "n": [20] * 4}
    expected = pairwise({**columns, "study": ["1", "1", "2", "2"]}, treat1="x", treat2="y")
    assert pairwise(pandas.DataFrame(columns), treat1="x", treat2="y").random == expected.random


def test_the_same_twice() -> None:
    frame = pl.DataFrame(
        {"study": ["a", "a", "b", "b"], "treatment": ["x", "y"] * 2, "events": [3, 5, 7, 9], "n": [20] * 4}
    )
    assert network(frame).to_dict() == network(frame).to_dict()
    piece = network(frame).pieces[0]
    assert piece.rank()[1].tolist() == piece.rank()[1].tolist()
