"""Results against numbers that were worked elsewhere, and the answers of other people's programs."""

from __future__ import annotations

import gzip
from math import exp, log
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cohort.making import HOUR, MG, MICROGRAM, ML, day, knowledge, run, table, write_csv
from remit.cohort.measures.drugs import covered_early
from remit.cohort.measures.pathways import form_lines
from remit.cohort.results.cells import complementary, differing, few_left, merged_steps, suppressed
from remit.cohort.results.intervals import poisson
from remit.cohort.results.prevalence import agreement
from remit.cohort.results.survival import curves
from remit.cohort.sources.concepts import listed
from remit.cohort.sources.strength import strengths
from remit.cohort.stock import carried_over, episodes
from remit.engine.shares import wilson

DATA = Path(__file__).parents[3] / "shared/data/oracles"
HERE = Path(__file__).parent / "data"


# --- intervals, from the papers that made them known
def test_wilson_as_newcombe_prints_it() -> None:
    """Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert np.round(low, 4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert np.round(high, 4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_poisson_as_tables_print_it() -> None:
    """Exact limits of counts 0, 1, 10: (0, 3.689), (0.0253, 5.572), (4.795, 18.390)."""
    low, high = poisson([0, 1, 10])
    assert np.round(low, 3).tolist() == [0.0, 0.025, 4.795]
    assert np.round(high, 3).tolist() == [3.689, 5.572, 18.39]


def test_kappa_by_hand() -> None:
    """20 both yes, 15 both no, 5 and 10 apart: observed 0.7, by chance 0.5, kappa 0.4."""
    row = {"definition": "a", "other": "b", "n_both": 20, "n_only_definition": 5, "n_only_other": 10, "n_neither": 15}
    found = agreement(pl.DataFrame([row])).row(0, named=True)
    assert found["kappa"] == pytest.approx(0.4)
    assert found["overlap"] == pytest.approx(20 / 35)


# --- curves
FREIREICH = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def follow_up(events: list[int], censored: list[int], deaths: list[int]) -> pl.DataFrame:
    rows = [("d", t, k, 1) for k, ts in (("event", events), ("censored", censored), ("death", deaths)) for t in ts]
    frame = pl.DataFrame(rows, schema=["definition", "day", "kind", "n_persons"], orient="row")
    return frame.group_by("definition", "day", "kind").sum()


def test_kaplan_and_meier_as_freireich_1963() -> None:
    """Remission under 6-mercaptopurine, 21 patients: the curve and the error that every textbook prints."""
    found = curves(follow_up(FREIREICH, CENSORED, []), 10).filter(pl.col("events") > 0)
    survival = dict(found.select("day", "survival").iter_rows())
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {d: round(s, 3) for d, s in survival.items()} == expected
    row = found.filter(pl.col("day") == 23).row(0, named=True)
    s, se = row["survival"], 0.1346  # Greenwood's error at 23 weeks
    half = 1.959964 * se / (s * abs(log(s)))
    assert row["survival_low"] == pytest.approx(s ** exp(half), abs=2e-3)
    assert row["survival_high"] == pytest.approx(s ** exp(-half), abs=2e-3)


def test_cumulative_incidence_with_a_competing_event_by_hand() -> None:
    """Five at risk: event, death, event, censored, event. 1/5; free 3/5 before the third: + 3/5 x 1/3; last + 2/5 x
    1/1."""
    found = dict(curves(follow_up([1, 3, 5], [4], [2]), 10).select("day", "incidence").iter_rows())
    assert found[1] == pytest.approx(0.2)
    assert found[3] == pytest.approx(0.4)
    assert found[5] == pytest.approx(0.8)


# --- small cells
def test_a_small_cell_takes_with_it_what_would_tell_it() -> None:
    frame = pl.DataFrame({"n": [100, 50], "met": [2, 10], "not_met": [98, 40], "share": [0.02, 0.2]})
    found = suppressed(frame, 5, ("met", "not_met"), ("met", "not_met", "share"))
    assert found.row(0) == (100, None, None, None, True)
    assert found.row(1) == (50, 10, 40, 0.2, False)


def test_one_small_cell_in_a_group_hides_the_next() -> None:
    frame = pl.DataFrame(
        {"g": ["a"] * 3, "n_events": [None, 7, 30], "rate": [None, 1.0, 2.0], "suppressed": [True, False, False]}
    )
    found = complementary(frame, [["g"]], "n_events", ["rate"])
    assert found["n_events"].to_list() == [None, None, 30]


def test_no_total_of_a_table_tells_what_is_hidden() -> None:
    """Rows and columns: the small cell needs one more hidden in its row, in its column, and these two in theirs."""
    cells = [(r, c, n) for r, row in enumerate([[2, 9, 20], [8, 30, 40], [50, 60, 70]]) for c, n in enumerate(row)]
    frame = pl.DataFrame(cells, schema=["row", "column", "n_events"], orient="row")
    frame = suppressed(frame, 5, ("n_events",))
    found = complementary(frame, [["row"], ["column"]], "n_events", [])
    for by in ("row", "column"):
        for (_,), rows in found.group_by(by):
            assert rows["n_events"].null_count() != 1, (by, rows)
    assert found["n_events"].null_count() == 4
    assert found.filter(pl.col("n_events").is_null())["suppressed"].all()


def test_populations_within_one_another_do_not_tell_their_difference() -> None:
    frame = pl.DataFrame({"definition": ["d"] * 3 + ["e"], "n": [100, 97, 60, 3], "met": [20, 20, 12, 0]})
    found = differing(frame.with_columns(share=pl.col("met") / pl.col("n")), 5, "definition", ("n", "met"), ("share",))
    assert found["n"].to_list() == [100, None, 60, 3]
    assert found["share"].null_count() == 1


def test_what_few_others_took_is_not_told_by_the_rest() -> None:
    frame = pl.DataFrame({"path": ["a", "b", "c", "d"], "n_persons": [50, 7, 6, 2]})
    assert few_left(frame, 5, "n_persons")["path"].to_list() == ["a", "b"]
    assert few_left(frame.head(3), 5, "n_persons")["path"].to_list() == ["a", "b", "c"]


def test_a_total_less_the_rest_is_a_count_too() -> None:
    """48 of 50 reached the dose: two did not."""
    frame = pl.DataFrame({"n_persons": [50, 50], "n_ever": [48, 40], "share": [0.96, 0.8]})
    found = suppressed(frame, 5, ("n_ever",), ("n_ever", "share"), (pl.col("n_persons") - pl.col("n_ever"),))
    assert found["share"].to_list() == [None, 0.8]


def test_steps_are_joined_until_they_hold_enough() -> None:
    frame = pl.DataFrame(
        {"definition": ["d"] * 5, "day": [1, 2, 3, 4, 5], "at_risk": [50, 47, 44, 40, 38], "events": [3, 3, 4, 2, 1]}
    )
    found = merged_steps(frame, "definition", 5, "events", ())
    assert found["day"].to_list() == [2, 5]  # the last event joins the last step: the total is shown elsewhere
    assert found["events"].to_list() == [6, 7]


def test_numbers_at_risk_do_not_tell_that_few_left() -> None:
    """At risk 50, then 44 after five events, would tell that one person left; from 44 to 30 many did."""
    days = {"day": [1, 2, 3, 4], "at_risk": [50, 44, 30, 25], "events": [5, 5, 5, 5], "left": [1, 9, 0, 0]}
    found = merged_steps(pl.DataFrame({"definition": ["d"] * 4, **days}), "definition", 5, "events", ("left",))
    assert found["at_risk"].to_list() == [50, None, 30, 25]
    assert found["left"].to_list() == [None, None, 0, 0]  # 20 less the ten events less nine would be one too


def test_a_definition_that_says_the_same_of_everyone_agrees_with_nothing() -> None:
    row = {"definition": "a", "other": "b", "n_both": 0, "n_only_definition": 0, "n_only_other": 10, "n_neither": 15}
    assert agreement(pl.DataFrame([row])).row(0, named=True)["kappa"] is None


# --- doses by shape, from the rules the field uses
def test_strengths_by_shape() -> None:
    names = ["drug_concept_id", "ingredient_concept_id", "amount_value", "amount_unit_concept_id", "numerator_value",
             "numerator_unit_concept_id", "denominator_value", "denominator_unit_concept_id"]  # fmt: skip
    rows = [
        (1, 9, 50.0, MG, None, None, None, None),  # a tablet
        (2, 9, 25.0, MICROGRAM, None, None, None, None),  # in micrograms
        (3, 9, None, None, 4.0, MG, 1.0, ML),  # a solution, per mL
        (4, 9, None, None, 600.0, MG, 150.0, ML),  # a bottle: 4 mg per mL
        (5, 9, None, None, 6.0, MG, 24.0, HOUR),  # a patch: 6 mg in 24 hours
        (6, 9, None, None, 0.25, MG, None, HOUR),  # the same, per hour
        (7, 9, None, None, 42.0, MG, 168.0, HOUR),  # a weekly patch: 6 mg a day
        (8, 9, 0.0, MG, None, None, None, None),  # nothing is no strength
        (9, 9, 5.0, 8718, None, None, None, None),  # international units are no mg
    ]
    found = strengths(pl.DataFrame(rows, schema=names, orient="row"), listed(knowledge(), "unit"))
    assert [(r["drug_concept_id"], r["shape"], r["mg"]) for r in found.to_dicts()] == [
        (1, "amount", 50.0), (2, "amount", 0.025), (3, "per_volume", 4.0), (4, "per_volume", 4.0), (5, "per_hour", 6.0),
        (6, "per_hour", 6.0), (7, "per_hour", 6.0),
    ]  # fmt: skip


# --- days covered early on
@pytest.mark.parametrize("seed", range(5))
def test_days_covered_from_the_first_on(seed: int) -> None:
    rng, window = np.random.default_rng(seed), 40
    rows = np.array(sorted(zip(*(rng.integers(0, high, 300) for high in (5, 3, 90)), strict=True)))
    end = rows[:, 2] + rng.integers(0, 30, 300)
    found = [np.zeros(300, np.int64) for _ in range(3)]
    n = covered_early(*rows.T.tolist(), end.tolist(), window, *found)
    expected: dict[tuple[int, int], tuple[int, set[int]]] = {}
    for (person, treatment, start), until in zip(rows.tolist(), end.tolist(), strict=True):
        first, covered = expected.setdefault((person, treatment), (start, set()))
        covered |= {day for day in range(start, until) if day < first + window}
    at, first_day, covers = (column[:n].tolist() for column in found)
    assert [tuple(rows[i, :2].tolist()) for i in at] == list(expected)
    assert list(zip(first_day, covers, strict=True)) == [(first, len(days)) for first, days in expected.values()]


# --- stock
def test_what_is_left_is_carried_to_the_next() -> None:
    group, start, days = (np.array(x) for x in ([1, 1, 1, 2], [0, 20, 100, 10], [30, 30, 30, 30]))
    begin, end = carried_over(group, start, days)
    assert begin.tolist() == [0, 30, 100, 10]
    assert end.tolist() == [30, 60, 130, 40]


def test_carry_over_lengthens_a_run(tmp_path: Path) -> None:
    rows = [
        {"person_id": 1, "treatment": "sertraline", "start_date": day(n), "days_supply": 30, "daily_dose_mg": 50}
        for n in (0, 10)
    ]
    source = write_csv(tmp_path / "a.csv", rows)
    assert table(run(source, tmp_path / "plain", "fda"), "trial")["covered_days"].to_list() == [40]
    assert table(run(source, tmp_path / "carried", "fda", carry_over=True, index_date=day(300)), "trial")[
        "covered_days"
    ].to_list() == [60]


needs_oracles = pytest.mark.skipif(
    not DATA.is_dir(), reason="the answers of other programs are not at hand (licence of their input)"
)


@needs_oracles
@pytest.mark.parametrize("carry_over", [False, True])
@pytest.mark.parametrize("gap", [30, 90, 180])
def test_episodes_as_adherer_forms_them(gap: int, carry_over: bool) -> None:
    """compute.treatment.episodes of AdhereR 0.8.1 on its own sample of 1,080 events of 100 persons."""
    events = pl.read_csv(DATA / "adherer_med_events.csv", try_parse_dates=True).with_row_index()
    events = events.with_columns(pl.col("DATE").cast(pl.Int32), pl.col("CATEGORY").rank("dense")).sort(
        "PATIENT_ID", "DATE", "index"
    )
    columns = (events[c].to_numpy().astype(np.int64) for c in ("PATIENT_ID", "CATEGORY", "DATE", "DURATION"))
    found = list(zip(*(c.tolist() for c in episodes(*columns, gap, carry_over=carry_over)), strict=True))
    answers = pl.read_csv(DATA / "adherer_med_events_episodes.csv", try_parse_dates=True).filter(
        gap=gap, carryover=carry_over
    )
    answers = answers.sort("PATIENT_ID", "episode.start")
    expected = answers.select(
        "PATIENT_ID", pl.col("episode.start").cast(pl.Int32), pl.col("episode.end").cast(pl.Int32)
    )
    assert found == list(expected.iter_rows())


def test_lines_as_treatmentpatterns_forms_them() -> None:
    """Pathways of 99 generated persons by TreatmentPatterns 3.1.0 (it drops the hundredth), combinations by their
    ids."""
    with gzip.open(HERE / "fills_100.csv.gz") as file:
        fills = pl.read_csv(file.read()).sort("p", "i", "s", "e")
    eras: list[list[int]] = []
    for p, i, s, e in fills.iter_rows():
        if eras and eras[-1][:2] == [p, i] and s - eras[-1][3] <= 30:
            eras[-1][3] = max(eras[-1][3], e)
        else:
            eras.append([p, i, s, e])
    found = form_lines(*(np.array(c) for c in zip(*eras, strict=True)), together=30, least=30)
    own = dict(zip(zip(found["own_person"], found["own_number"], strict=True), found["own_treatment"], strict=True))
    lines: dict[int, list[tuple[str, int, int]]] = {}
    for p, mask, s, e in zip(found["person"], found["mask"], found["start"], found["end"], strict=True):
        ids = sorted(int(own[p, bit]) for bit in range(62) if mask >> bit & 1)
        lines.setdefault(int(p), []).append(("+".join(map(str, ids)), int(s), int(e)))
    answers: dict[int, list[tuple[str, int, int]]] = {}
    peer = pl.read_csv(HERE / "treatmentpatterns_100_out.csv", schema_overrides={"eventCohortId": pl.String})
    for p, ids, s, e in peer.select("personId", "eventCohortId", "eventStartDate", "eventEndDate").iter_rows():
        answers.setdefault(p, []).append(("+".join(map(str, sorted(map(int, ids.split("+"))))), s, e))
    assert len(answers) == 99
    most = 5  # its longest path
    assert {p: sorted(x, key=lambda line: line[1:])[:most] for p, x in lines.items()} == {
        p: sorted(x, key=lambda line: line[1:]) for p, x in answers.items()
    }


@needs_oracles
def test_fabbri_as_the_published_script_counts(tmp_path: Path) -> None:
    """62 of 1,000 persons, each one of them."""
    with gzip.open(DATA / "fills_1000.csv.gz") as file:
        fills = pl.read_csv(file.read())
    known = knowledge()
    if "fabbri_2021" not in [d.id for d in known.definitions]:
        pytest.skip("the definition is not in the knowledge")
    drugs = [t.id for t in known.treatments if t.role == "antidepressant" and not t.ingredient and not t.components][
        :40
    ]
    frame = fills.select(
        pl.col("p").alias("person_id"),
        pl.col("i").replace_strict(range(1, 41), drugs, return_dtype=pl.String).alias("treatment"),
        pl.col("s").cast(pl.Int32).cast(pl.Date).alias("start_date"),
        pl.col("e").cast(pl.Int32).cast(pl.Date).alias("end_date"),
    )  # fmt: skip
    frame.write_parquet(tmp_path / "fills.parquet")
    verdict = table(run(tmp_path / "fills.parquet", tmp_path / "out", "fabbri_2021"), "verdict")
    met = set(verdict.filter(pl.col("status") == "met")["person_id"])
    assert met == set(pl.read_csv(DATA / "fabbri_1000_out.csv").filter(trd=1)["eid"])


def test_what_is_hidden_cannot_be_told_from_the_totals(tmp_path: Path) -> None:
    """As somebody would try: totals by year, age, sex and in all, less what a finer table shows."""
    rng = np.random.default_rng(11)
    n = 400
    begin = rng.integers(0, 1500, n)
    drugs = np.array(["sertraline", "venlafaxine", "mirtazapine", "bupropion"])
    fills = [
        {"person_id": p, "treatment": drug, "start_date": day(int(begin[p]) + 100 * k), "days_supply": 90}
        for p in range(n)
        for k, drug in enumerate(rng.permutation(drugs)[: rng.integers(1, 5)])
    ]
    persons = [
        {"person_id": p, "birth_date": f"{1940 + p % 60}-01-01", "sex": ("female", "female", "male")[p % 3]}
        for p in range(n)
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    write_csv(folder / "exposures.csv", fills)
    write_csv(folder / "person.csv", persons)
    out = run(folder, tmp_path / "out", "fabbri_2021", "cepeda_2018", index_date=day(3000))
    tables = {name: pl.read_parquet(out / "results" / f"incidence_{name}.parquet")
              for name in ("overall", "year", "age", "sex", "year_age_sex")}  # fmt: skip
    margins = {"overall": [], "year": ["year"], "age": ["age_band"], "sex": ["sex"]}
    pairs = [(coarse, "year_age_sex") for coarse in margins] + [("overall", fine) for fine in ("year", "age", "sex")]
    assert tables["year_age_sex"]["suppressed"].any()
    for coarse, fine in pairs:
        keys = ["definition", *margins[coarse]]
        shown = pl.col("n_events").sum().alias("shown"), pl.col("suppressed").sum().alias("hidden")
        both = tables[coarse].join(tables[fine].group_by(keys).agg(shown), on=keys).drop_nulls("n_events")
        rest = both["n_events"] - both["shown"]
        assert not rest.is_between(1, 4).any(), (coarse, fine)
        assert not (both["hidden"] == 1).any(), (coarse, fine)
