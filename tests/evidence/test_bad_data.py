"""Tables that cannot be right are refused with every fault; studies that say nothing are counted, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.errors import UsageError
from remit.evidence import EvidenceError, network, pairwise

ARMS = ("study", "treatment", "events", "n")


def arms(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame([dict(zip(ARMS, row, strict=True)) for row in rows], infer_schema_length=None, strict=False)


GOOD = [("s1", "a", 3, 20), ("s1", "b", 5, 21), ("s2", "a", 6, 30), ("s2", "b", 9, 33)]


def faults(source: Any, **options: Any) -> str:
    texts = []
    for run in (pairwise, network):
        with pytest.raises(EvidenceError) as caught:
            run(source, **options)
        texts.append(str(caught.value))
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*GOOD, ("s2", "b", 2, 10)], "rows 4, 5"),  # duplicate arm
        ([*GOOD, ("s3", "a", 11, 10), ("s3", "b", 1, 10)], "row 5, column events"),  # more events than people
        ([*GOOD, ("s3", "a", -1, 10), ("s3", "b", 1, 10)], "row 5, column events"),
        ([*GOOD, ("s3", "a", 0, 0), ("s3", "b", 1, 10)], "row 5, column n"),
        ([*GOOD, ("s3", "a", None, 10), ("s3", "b", 1, 10)], "row 5, column events"),
        ([*GOOD, ("s3", None, 2, 10), ("s3", "b", 1, 10)], "row 5, column treatment"),
        ([*GOOD, (None, "a", 2, 10), ("s3", "b", 1, 10)], "row 5, column study"),
        ([*GOOD, ("S1", "a", 2, 10), ("S1", "b", 1, 10)], "S1, s1"),  # one study spelt in two ways
        ([*GOOD, ("s3", "A", 2, 10), ("s3", "b", 1, 10)], "A, a"),  # one treatment spelt in two ways
        ([*GOOD, ("s3", "a", float("inf"), 10), ("s3", "b", 1, 10)], "row 5, column events"),
    ],
)
def test_each_fault_is_named(rows: list[tuple[Any, ...]], words: str) -> None:
    assert words in faults(arms(*rows))


def test_all_faults_at_once() -> None:
    text = faults(
        arms(("s1", "a", 30, 20), ("s1", "b", -5, 21), ("s2", "a", 6, 30), ("s2", "a", 9, 33), ("s3", "b", 1, 0))
    )
    for words in ("row 1, column events", "row 2, column events", "s2", "row 5, column n", "s3"):
        assert words in text


def test_all_faults_of_continuous_tables() -> None:
    rows = {
        "study": ["s1", "s1", "s2", "s2", "s3", "s3"],
        "treatment": ["a", "b"] * 3,
        "n": [10, 1, 12, 13, 14, 15],
        "mean": [1.0, 2.0, 3.0, None, 4.0, 5.0],
        "sd": [-1.0, 1.0, 0.0, 1.0, None, 2.0],
    }
    text = faults(pl.DataFrame(rows), measure="md")
    for words in ("row 1, column sd", "row 2, column n", "row 3, column sd", "row 4, column mean", "row 5, column sd"):
        assert words in text


def test_words_in_number_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("study,treatment,events,n\ns1,a,three,20\ns1,b,4,x\ns2,a,40,30\ns2,b,4,30\n")
    text = faults(path)
    assert "row 1, column events" in text
    assert "row 2, column n" in text
    assert "row 3, column events" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "CSV"),
        ("study,treatment,events,n\n", "no row"),
        ("study,treatment,n\ns1,a,3\n", "column events is missing"),
        ("a,b\n1,2\n", "column study is missing"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    assert words in faults(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "no such file" in faults(tmp_path / "none.csv")


def test_studies_without_events_are_counted() -> None:
    table = arms(*GOOD, ("s3", "a", 0, 10), ("s3", "b", 0, 12), ("s4", "a", 10, 10), ("s4", "b", 9, 9))
    for result in (pairwise(table, treat1="a", treat2="b"), network(table)):
        found = result.to_dict()
        assert found["n_excluded"] == 2
        assert found["excluded_by_reason"] == {"no_events": 1, "all_events": 1}
        assert {e["study"] for e in found["excluded"]} == {"s3", "s4"}
    kept = pairwise(table, treat1="a", treat2="b", double_zero="keep")
    assert kept.k == 4


def test_studies_with_one_arm_are_counted() -> None:
    table = arms(*GOOD, ("s3", "a", 1, 10))
    for result in (pairwise(table, treat1="a", treat2="b"), network(table)):
        assert result.to_dict()["excluded_by_reason"] == {"one_arm": 1}
    assert "only one arm" in faults(arms(*GOOD, ("s3", "a", 1, 10), ("s4", "a", 30, 20), ("s4", "b", 1, 3)))


def test_only_empty_studies_are_refused_with_reasons() -> None:
    table = arms(("s3", "a", 0, 10), ("s3", "b", 0, 12))
    assert "no event" in faults(table)


def test_risk_differences_keep_studies_without_events() -> None:
    table = arms(*GOOD, ("s3", "a", 0, 10), ("s3", "b", 0, 12))
    assert pairwise(table, measure="rd", treat1="a", treat2="b").k == 3
    assert network(table, measure="rd").to_dict()["k"] == 3


def test_networks_in_pieces() -> None:
    table = arms(*GOOD, ("s5", "c", 3, 20), ("s5", "d", 6, 20))
    result = network(table)
    found = result.to_dict()
    assert found["components"] == 2
    pairs = {frozenset((e["treat1"], e["treat2"])) for e in found["effects"]}
    assert pairs == {frozenset("ab"), frozenset("cd")}
    assert found["ranking"] == []
    assert "nothing is compared across them" in " ".join(found["notes"])
    assert [p["treatments"] for p in found["pieces"]] == [["a", "b"], ["c", "d"]]
    with pytest.raises(UsageError):
        network(table, reference="nobody")


def test_a_study_that_alone_joins_pieces_and_has_no_events() -> None:
    table = arms(*GOOD, ("s5", "c", 3, 20), ("s5", "d", 6, 20), ("s6", "b", 0, 20), ("s6", "c", 0, 20))
    found = network(table).to_dict()
    assert found["components"] == 2
    assert found["excluded_by_reason"] == {"no_events": 1}


CONTRASTS = {
    "study": ["s1", "s1", "s1", "s2"],
    "treat1": ["a", "a", "b", "a"],
    "treat2": ["b", "c", "c", "b"],
    "te": [0.5, 0.8, 0.3, 0.4],
    "se_te": [0.2, 0.2, 0.2, 0.3],
}


def contrasts(**changes: list[Any]) -> pl.DataFrame:
    return pl.DataFrame({**CONTRASTS, **changes}, strict=False)


def test_good_contrasts() -> None:
    assert network(contrasts(), measure="te").pieces[0].k == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"te": [0.5, 0.8, 0.9, 0.4]}, "s1"),  # effects that do not add up
        ({"se_te": [0.2, 0.2, 0.9, 0.3]}, "s1"),  # variances that no three arms can have
        ({"se_te": [0.2, 0.2, 0.2, 0.0]}, "row 4, column se_te"),
        ({"se_te": [0.2, 0.2, 0.2, -0.1]}, "row 4, column se_te"),
        ({"te": [0.5, 0.8, None, 0.4]}, "row 3, column te"),
        ({"treat2": ["b", "c", "c", "a"]}, "row 4"),  # a treatment against itself
        ({"study": ["s1", "s1", "s3", "s2"]}, "s1"),  # two of three comparisons
        ({"study": ["s1", "s1", "s1", "s1"]}, "rows 1, 4"),  # one pair twice
    ],
)
def test_contrasts_that_cannot_be(changes: dict[str, list[Any]], words: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        network(contrasts(**changes), measure="te")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"measure": "hazard"},
        {"tau2": "magic"},
        {"level": 1.0},
        {"level": 95},
        {"model": "fixed"},
        {"zero_cells": "some"},
        {"increment": -1},
        {"method": "bayes"},
        {"double_zero": "maybe"},
        {"duplicate_arms": "maybe"},
        {"smd": "glass", "measure": "smd"},
    ],
)
def test_options_that_are_not_understood(options: dict[str, Any]) -> None:
    for run in (pairwise, network):
        with pytest.raises(UsageError):
            run(arms(*GOOD), **options)


def test_sources_that_are_no_tables() -> None:
    for source in (3, None, object()):
        with pytest.raises(UsageError):
            pairwise(source)


def test_more_than_two_treatments_need_a_choice() -> None:
    table = arms(*GOOD, ("s5", "a", 3, 20), ("s5", "d", 6, 20))
    with pytest.raises(UsageError, match="treat"):
        pairwise(table)
    assert pairwise(table, treat1="d", treat2="a").k == 1


def test_dose_arms_can_be_summed() -> None:
    table = arms(*GOOD, ("s1", "a", 4, 10))
    summed = pairwise(table, treat1="a", treat2="b", duplicate_arms="sum")
    assert summed.studies.filter(pl.col("study") == "s1").row(0, named=True)["events1"] == 7
    assert network(table, duplicate_arms="sum").pieces[0].k == 2


def test_one_study() -> None:
    r = pairwise(arms(*GOOD[:2]), treat1="a", treat2="b").to_dict()
    assert r["k"] == 1
    assert r["tau2"] in (0, None)
    assert r["prediction_lower"] is None
    assert network(arms(*GOOD[:2])).to_dict()["df_q"] == 0
