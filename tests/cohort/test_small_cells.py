"""Few persons stay hidden: nowhere shown, and not to be had by taking one published number from another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from cohort.making import DAY0, day, run, table, write_csv
from remit.cohort.results.cells import merged_steps, paired
from remit.cohort.results.shown import shown_paths

LEAST = 5
Rows = list[dict[str, Any]]


def population(folder: Path, n: int) -> Path:
    """Persons with fills of several drugs, some observed for short, some who died, some with a code of depression."""
    rng = Random(n)
    drugs = ["sertraline", "venlafaxine", "mirtazapine", "bupropion", "citalopram", "lithium", "quetiapine"]
    doses = [25, 50, 75, 150, 300, ""]
    tables: dict[str, Rows] = {name: [] for name in ("exposures", "person", "observation", "death", "condition")}
    for p in range(n):
        sex = "unknown" if p % 97 == 0 else ("female", "female", "male")[p % 3]
        tables["person"].append({"person_id": p, "birth_date": day(-365 * rng.randint(15, 90)), "sex": sex})
        begin = rng.randrange(900)
        end = begin + rng.randrange(100, 1500)
        tables["observation"].append({"person_id": p, "start_date": day(begin), "end_date": day(end)})
        if rng.random() < 0.15:
            tables["death"].append({"person_id": p, "date": day(rng.randrange(begin, end))})
        for _ in range(rng.randrange(3)):
            onset = day(rng.randrange(begin, end))
            tables["condition"].append({"person_id": p, "condition": "mdd_single", "onset_date": onset})
        at = begin
        for drug in rng.sample(drugs, rng.choice([1, 1, 2, 3, 4])):
            for _ in range(rng.randint(1, 8)):
                row = {"person_id": p, "treatment": drug, "start_date": day(at), "days_supply": 30}
                tables["exposures"].append({**row, "daily_dose_mg": rng.choice(doses)})
                at += 30 + rng.choice([0, 0, 5, 29, 60])
    folder.mkdir()
    for name, rows in tables.items():
        if rows:
            write_csv(folder / f"{name}.csv", rows)
    return folder


@pytest.fixture(scope="module", params=[3, 14, 60, 300])
def out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    return run(population(folder / "in", request.param), folder / "out")


def result(out: Path, name: str) -> Rows:
    return pl.read_parquet(out / "results" / f"{name}.parquet").to_dicts()


def counts(out: Path) -> dict[str, int | None]:
    return dict(json.loads((out / "summary.json").read_text())["counts"])


def few(*numbers: int | None) -> bool:
    """Whether the first less the others is a count of few; not if one of them is not shown."""
    known = [n for n in numbers if n is not None]
    return len(known) == len(numbers) and 0 < known[0] - sum(known[1:]) < LEAST


def test_no_count_of_few_stands_anywhere(out: Path) -> None:
    for path in (out / "results").glob("*.parquet"):
        frame = pl.read_parquet(path)
        for name in (n for n, kind in frame.schema.items() if kind == pl.Int64 and n not in ("day", "year")):
            assert not frame[name].is_between(1, LEAST - 1).any(), (path.stem, name)
        written = pl.read_csv(path.with_suffix(".csv"), infer_schema_length=None)
        assert written.null_count().row(0) == frame.null_count().row(0)
    for name in ("persons", "records"):
        assert not table(out, "attrition")[name].is_between(1, LEAST - 1).any()
    found = counts(out)
    assert not any(few(n) for n in found.values())
    assert (found["persons"] is None) == (found["verdicts"] is None)  # so many for each person


def test_populations_of_the_summary_do_not_tell_their_difference(out: Path) -> None:
    found = counts(out)
    nested = [found[f"persons{name}"] for name in ("", "_antidepressant", "_depression")]
    assert not any(few(a, b) for a, b in combinations(nested, 2))


def test_attrition_does_not_tell_who_is_missing(out: Path) -> None:
    rows = {r["reason"]: r["persons"] for r in table(out, "attrition").to_dicts()}
    persons = counts(out)["persons"]
    assert not any(few(persons, n) for name, n in rows.items())
    assert not few(rows.get("persons_read"), persons)


def test_prevalence_does_not_tell_to_whom_it_does_not_apply(out: Path) -> None:
    found = counts(out)
    sizes = {"all": found["persons"], "antidepressant": found["persons_antidepressant"],
             "depression": found["persons_depression"]}  # fmt: skip
    for row in result(out, "prevalence"):
        assert not few(sizes.get(row["population"]), row["n"]), row
        cells = [row[name] for name in ("met", "undetermined", "not_met")]
        assert not (row["n"] is not None and cells.count(None) == 1), row


def test_pairs_of_definitions_do_not_tell_what_totals_hide(out: Path) -> None:
    whole = {r["definition"]: r for r in result(out, "prevalence") if r["population"] == "all"}
    persons = counts(out)["persons"]
    for row in result(out, "agreement"):
        assert not few(persons, row["n"])
        sides = (("definition", "n_only_definition", "n_only_other"), ("other", "n_only_other", "n_only_definition"))
        for side, own, others in sides:
            one = whole[row[side]]
            assert not few(one["n"], row["n"]), row
            assert not few(one["met"], row["n_both"], row[own]), row
            assert not few(one["not_met"], row["n_neither"], row[others]), row


def curves(out: Path) -> Iterator[tuple[str, Rows]]:
    frame = pl.read_parquet(out / "results" / "time_to_resistance.parquet")
    for (definition,), rows in frame.group_by("definition", maintain_order=True):
        yield str(definition), rows.to_dicts()


def test_curves_do_not_tell_who_left(out: Path) -> None:
    for definition, rows in curves(out):
        told = [i for i, row in enumerate(rows) if row["at_risk"] is not None]
        for i, j in pairwise(told):
            span = rows[i:j]
            left = rows[i]["at_risk"] - rows[j]["at_risk"] - sum(row["events"] for row in span)
            known = [row[name] for row in span for name in ("deaths", "censored")]
            assert not few(left), (definition, i)
            assert not (None in known and few(left, *(n for n in known if n is not None))), (definition, i)


def test_curves_and_rates_do_not_tell_what_prevalence_hides(out: Path) -> None:
    shares: dict[str, Rows] = {}
    for row in result(out, "prevalence"):
        shares.setdefault(row["definition"], []).append(row)
    for row in result(out, "incidence_overall"):
        assert not any(few(one["met"], row["n_events"]) for one in shares[row["definition"]]), row
    for definition, rows in curves(out):
        for one in shares[definition]:
            assert not few(one["n"], rows[0]["at_risk"]), definition
            if one["met"] is not None:
                assert not few(one["met"] + one["not_met"], rows[0]["at_risk"]), definition
            assert not few(one["met"], *(row["events"] for row in rows)), definition


def test_strata_do_not_tell_what_margins_hide(out: Path) -> None:
    margins = {"overall": [], "year": ["year"], "age": ["age_band"], "sex": ["sex"],
               "year_age_sex": ["year", "age_band", "sex"]}  # fmt: skip
    frames = {name: pl.read_parquet(out / "results" / f"incidence_{name}.parquet") for name in margins}
    for coarse, fine in ((a, b) for a in margins for b in margins if set(margins[a]) < set(margins[b])):
        keys = ["definition", *margins[coarse]]
        parts = (
            frames[fine]
            .group_by(keys)
            .agg(pl.col("n_events").sum().alias("shown"), pl.col("person_years").null_count().alias("hidden"))
        )
        both = frames[coarse].join(parts, on=keys)
        assert not (both["n_events"] - both["shown"]).is_between(1, LEAST - 1).any(), (coarse, fine)
        assert not (both["person_years"].is_not_null() & (both["hidden"] == 1)).any(), (coarse, fine)


def test_treatments_do_not_tell_of_few_trials_or_persons(out: Path) -> None:
    rows = result(out, "adequacy_by_treatment")
    for row in rows:
        assert not few(row["n_trials"], row["n_dose_met"], row["n_dose_unknown"]), row
        assert not few(row["n_trials"], row["n_adequate"], row["n_adequate_unknown"]), row
        assert not few(row["n_persons"], row["n_ever_dose"], row["n_ever_dose_unknown"]), row
    persons, trials = ({row["treatment"]: row[name] for row in rows} for name in ("n_persons", "n_trials"))
    for row in result(out, "persistence"):
        assert not few(persons.get(row["treatment"]), row["n_persons"]), row
    for row in result(out, "duration"):
        assert not few(trials.get(row["treatment"]), row["n_trials"]), row


def test_a_stratum_of_few_persons_is_not_shown_even_if_nobody_met_a_definition(tmp_path: Path) -> None:
    """Six women and two men, none of whom meets it: not that there are two men, nor how long they were followed."""
    fills = [
        {"person_id": p, "treatment": "sertraline", "start_date": DAY0 + timedelta(p), "days_supply": 30}
        for p in range(8)
    ]
    (tmp_path / "in").mkdir()
    write_csv(tmp_path / "in" / "exposures.csv", fills)
    write_csv(tmp_path / "in" / "person.csv", [{"person_id": p, "sex": "fm"[p > 5]} for p in range(8)])
    source = tmp_path / "in"
    shown = run(source, tmp_path / "out", "fabbri_2021", index_date=day(100))
    whole = run(source, tmp_path / "all", "fabbri_2021", index_date=day(100), small_cell=0)
    assert [r["n_events"] for r in result(whole, "incidence_sex")] == [0, 0]
    days = [sum(101 - p for p in sexes) for sexes in (range(6), range(6, 8))]
    assert [r["person_years"] * 365.25 for r in result(whole, "incidence_sex")] == pytest.approx(days)
    assert [r["person_years"] for r in result(shown, "incidence_sex")] == [None, None]  # the other by subtraction
    assert result(shown, "incidence_overall")[0]["person_years"] * 365.25 == pytest.approx(sum(days))


def test_shares_of_pathways_do_not_tell_how_many_have_none() -> None:
    """60 of 62 persons have a line: from 40 and their share the 60 could be had."""
    table = pl.DataFrame({"path": ["a", "b"], "n_persons": [40, 20], "share": [40 / 60, 20 / 60]})
    assert shown_paths(table, (62, 50), LEAST)["share"].to_list() == [None, None]
    assert shown_paths(table, (60, 50), LEAST)["share"].to_list() == [40 / 60, 20 / 60]


def test_at_risk_are_those_just_before_the_day() -> None:
    """Ten at risk; one leaves on day 1, two on day 3; an event on day 2 and on day 5: nine, then six."""
    days = {"day": [1, 2, 3, 5], "at_risk": [10, 9, 8, 6], "events": [0, 1, 0, 1], "left": [1, 0, 2, 5]}
    found = merged_steps(pl.DataFrame({"definition": ["d"] * 4, **days}), "definition", 1, "events", ("left",))
    assert found.select("day", "at_risk", "events", "left").rows() == [(2, 9, 1, 2), (5, 6, 1, 5)]


def test_one_empty_value_of_a_group_takes_the_smallest_other_with_it() -> None:
    rows = {"g": ["a", "a", "a", "b", "b"], "x": [None, 2.0, 9.0, 1.0, 2.0], "rate": [None, 5.0, 6.0, 7.0, 8.0]}
    found = paired(pl.DataFrame(rows).with_columns(suppressed=pl.col("x").is_null()), [["g"]], "x", ["rate"])
    assert found["x"].to_list() == [None, None, 9.0, 1.0, 2.0]
    assert found["rate"].to_list() == [None, None, 6.0, 7.0, 8.0]
    assert found["suppressed"].to_list() == [True, True, False, False, False]
