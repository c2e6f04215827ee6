"""Sensitivity analyses, splitting, ranking, components, Mantel-Haenszel networks: published numbers and identities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from remit.errors import UsageError
from remit.evidence import EvidenceError, network, pairwise
from remit.evidence.pair.sensitivity import cumulative, leave_one_out, subgroups

DATA = Path(__file__).parent / "data"
BCG = {"measure": "rr", "treat1": "vaccine", "treat2": "control"}


# netmeta's documentation, decomp.design() on Senn2013 (Balduzzi 2023, J Stat Softw 106(2)): two and four digits.
def test_designs_of_senn() -> None:
    piece = network(DATA / "senn2013.csv", measure="md").pieces[0]
    within = {row["design"]: row for row in piece.decomposition.designs.to_dicts()}
    for design, q, df, p in (
        ("benf:plac", 4.38, 1, 0.0363),
        ("metf:plac", 42.16, 2, 0.0),
        ("metf:rosi", 0.19, 1, 0.6655),
        ("migl:plac", 6.45, 2, 0.0398),
        ("plac:rosi", 21.27, 5, 0.0007),
    ):
        assert (within[design]["q"], within[design]["p"]) == (
            pytest.approx(q, abs=5.1e-3),
            pytest.approx(p, abs=5.1e-5),
        )
        assert within[design]["df"] == df
    without = {row["design"]: row for row in piece.detached().to_dicts()}
    for design, q, p in (("metf:sulf", 7.51, 0.2760), ("rosi:sulf", 6.77, 0.3425)):
        assert (without[design]["q"], without[design]["p"]) == (
            pytest.approx(q, abs=5.1e-3),
            pytest.approx(p, abs=5.1e-5),
        )


def test_splitting_by_design_is_the_network_without_the_pair() -> None:
    frame = pl.read_csv(DATA / "senn2013.csv")
    piece = network(frame, measure="md", model="common").pieces[0]
    row = piece.split(by="design").filter(treat1="metf", treat2="sulf").row(0, named=True)
    both = ((pl.col("treat1") == "metf") & (pl.col("treat2") == "sulf")) | (
        (pl.col("treat1") == "sulf") & (pl.col("treat2") == "metf")
    )
    gone = frame.filter(both)["study"].to_list()
    rest = network(frame.filter(~pl.col("study").is_in(gone)), measure="md", model="common").pieces[0]
    i, j = rest.treatments.index("metf"), rest.treatments.index("sulf")
    assert row["te_indirect"] == pytest.approx(rest.fit.te()[i, j], abs=1e-10)
    assert row["se_indirect"] == pytest.approx(rest.fit.se()[i, j], abs=1e-10)


def test_split_parts_make_the_whole() -> None:
    table = network(DATA / "senn2013.csv", measure="md").pieces[0].split().drop_nulls(["te_direct", "te_indirect"])
    share = table["share_direct"]
    whole = share * table["te_direct"] + (1 - share) * table["te_indirect"]
    np.testing.assert_allclose(whole, table["te_network"], atol=1e-10)


def test_mantel_haenszel_network_of_two_is_mantel_haenszel() -> None:
    frame = pl.read_csv(DATA / "nielweise2007.csv")
    pair = pairwise(frame, measure="or", method="mh", treat1="coated", treat2="control", model="common")
    piece = network(frame, method="mh").pieces[0]
    assert piece.fit.te()[0, 1] == pytest.approx(pair.common.te, abs=1e-10)
    assert piece.fit.se()[0, 1] == pytest.approx(pair.common.se, abs=1e-10)


def test_mantel_haenszel_networks_list_what_says_nothing() -> None:
    result = network(DATA / "dong2013.csv", method="mh", reference="Placebo")
    found = result.to_dict()
    assert found["n_excluded"] == len(found["excluded"])
    assert found["k"] + found["n_excluded"] == pl.read_csv(DATA / "dong2013.csv")["study"].n_unique()
    assert found["tau2"] is None
    with pytest.raises(UsageError):
        result.pieces[0].split()


def test_leave_one_out_and_cumulative_end_at_known_points() -> None:
    whole = pairwise(DATA / "bcg.csv", **BCG)
    steps = cumulative(DATA / "bcg.csv", "year", **BCG)
    assert steps["k"].to_list() == list(range(1, 14))
    assert steps["te"][-1] == pytest.approx(whole.random.te, abs=1e-12)
    left = leave_one_out(DATA / "bcg.csv", **BCG)
    assert sorted(left["study"]) == sorted(whole.studies["study"])
    with pytest.raises(UsageError):
        cumulative(DATA / "bcg.csv", "nothing", **BCG)


# metafor's documentation, subgroup analysis of dat.bcg by allocation (separate tau2): four digits.
def test_subgroups() -> None:
    found = subgroups(DATA / "bcg.csv", "alloc", **BCG)
    rows = {row["group"]: row for row in found.groups.to_dicts()}
    assert (rows["random"]["te"], rows["random"]["se"]) == pytest.approx((-0.9710, 0.2760), abs=5.1e-5)
    assert rows["random"]["tau2"] == pytest.approx(0.3925, abs=5.1e-5)
    assert found.df_between == 2
    with pytest.raises(UsageError):
        subgroups(DATA / "bcg.csv", "nothing", **BCG)


def test_rank_of_a_clear_order() -> None:
    rows = [
        {"study": f"{pair}{i}", "treat1": pair[0], "treat2": pair[1], "te": te, "se_te": 0.01}
        for pair, te in (("ab", -1.0), ("bc", -1.0))
        for i in range(2)
    ]
    piece = network(rows, measure="te").pieces[0]
    assert piece.p_scores()["treatment"].to_list() == ["a", "b", "c"]
    assert piece.p_scores()["p_score"].to_list() == pytest.approx([1, 0.5, 0], abs=1e-9)
    assert piece.p_scores("undesirable")["treatment"].to_list() == ["c", "b", "a"]
    table, _ = piece.rank(draws=200)
    assert table["sucra"].to_list() == pytest.approx([1, 0.5, 0], abs=1e-9)


def test_components_join_pieces() -> None:
    rows = [
        ("1", "a", "p", -0.4),
        ("2", "a+b", "b", -0.5),
        ("3", "b", "p", -0.2),
        ("4", "a+c", "c", -0.3),
    ]
    frame = pl.DataFrame(rows, schema=["study", "treat1", "treat2", "te"], orient="row").with_columns(se_te=pl.lit(0.1))
    result = network(frame, measure="te", model="common")
    assert len(result.pieces) == 2
    found = result.additive("p")
    assert found.components.filter(component="a")["te"].item() == pytest.approx(-0.4, abs=1e-9)


def test_league_reads_both_ways() -> None:
    (table,) = network(DATA / "smoking.csv").league(digits=3)
    assert table.shape == (4, 5)


def test_double_zero_trials_can_be_kept() -> None:
    frame = pl.read_csv(DATA / "dong2013.csv")
    dropped, kept = network(frame), network(frame, double_zero="keep")
    assert kept.to_dict()["k"] >= dropped.to_dict()["k"]
    assert dropped.to_dict()["n_excluded"] > 0


@pytest.mark.parametrize("method", ["mh", "peto", "glmm"])
def test_some_methods_need_counts(method: str) -> None:
    with pytest.raises(UsageError, match="counts"):
        pairwise(DATA / "raudenbush1985.csv", measure="or", method=method)
    with pytest.raises((UsageError, EvidenceError)):
        network(DATA / "senn2013.csv", measure="or", method="mh")


def test_everything_that_is_promised_is_exported() -> None:
    import remit.evidence as package

    for name in package.__all__:
        assert getattr(package, name).__doc__, name
    piece = package.network(DATA / "senn2013.csv", measure="md").pieces[0]
    methods = (
        "effects",
        "league",
        "split",
        "heat",
        "detached",
        "p_scores",
        "rank",
        "contributions",
        "additive",
        "funnel",
    )
    assert [name for name in methods if not getattr(type(piece), name).__doc__] == []
