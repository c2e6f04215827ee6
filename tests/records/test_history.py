"""Histories in JSON and YAML: each line of the format page, input to rows."""

from __future__ import annotations

from datetime import date

import pytest

from remit.tables.records import RECORDS

DATES = ("start_date", "start_latest_date", "end_earliest_date", "end_date", "end_kind")


def history(*treatments, **more):
    return {"index_date": "2026-11-01", "treatments": list(treatments), **more}


def test_the_example_of_the_contract_fills_every_table(read, exposures):
    text = """
person: {id: p1, birth_date: 1980-05-02, sex: female, weight_kg: 70, country: NO}
index_date: 2026-11-01
episode: {start: 2024-02-01, severity: severe, psychotic: false}
treatments:
  - treatment: Zoloft
    start: 2024-03-01
    end: 2024-06-30
    daily_dose_mg: 100
    outcome: none
    stopped_because: no_effect
    adherence: 0.9
  - {treatment: lithium, start: 2024-05-01, end: 2024-06-30, augments: sertraline}
  - {treatment: ECT, start: 2025-01-01, end: 2025-01-28, sessions: 8, details: {Placement: Bilateral}}
measurements: [{code: phq9, value: 18, date: 2024-03-01}, {code: tsh, value: 2.1, unit: mIU/L, date: 2025-01-10}]
answers: [{instrument: phq9, date: 2026-10-30, items: [2, 3, 2, 2, 1, 2, 2, 1, 0]}]
conditions: [{condition: hypothyroidism, start: 2015, status: active}]
clues: {antidepressant_induced_switch: true, family_history_bipolar: unknown}
preferences: {avoid: [anaesthesia], wants: [fast_effect]}
"""
    records = read(text, "p1.yaml")
    assert list(records) == [table.table_name() for table in RECORDS]
    for table in RECORDS:
        table.check(records[table.table_name()])
    assert records["person"].rows() == [(0, "p1", date(2026, 11, 1), date(1980, 5, 2), "female", 70.0, "NO")]
    assert records["episode"].row(0)[:5] == (0, date(2024, 2, 1), date(2024, 2, 1), "severe", "no")
    assert exposures(records, "start_date", "end_date", "daily_dose_mg", "sessions", "evidence") == [
        ("sertraline", "2024-03-01", "2024-07-01", "100.0", None, "report"),
        ("lithium", "2024-05-01", "2024-07-01", None, None, "report"),
        ("ect", "2025-01-01", "2025-01-29", None, "8.0", "report"),
    ]
    assert records["exposure_note"]["augments_key"].to_list()[1] == records["exposure"]["treatment_key"][0]
    assert records["exposure_detail"].rows() == [(2, "placement", "bilateral")]
    assert records["outcome"].select("exposure_key", "outcome").rows() == [(0, "none")]
    assert records["measurement"].select("measure_id", "value", "is_imputed").rows() == [
        ("phq9", 18.0, False),
        ("tsh", 2.1, False),
        ("phq9", 15.0, False),
    ]
    assert records["answer"]["value"].to_list() == [2, 3, 2, 2, 1, 2, 2, 1, 0]
    assert records["condition"].select("condition_id", "status", "onset_date").rows() == [
        ("hypothyroidism", "active", date(2015, 1, 1))
    ]
    assert records["clue"].select("clue_id", "answer").rows() == [
        ("antidepressant_induced_switch", "yes"),
        ("family_history_bipolar", "unknown"),
    ]
    assert records["preference"].rows() == [(0, "anaesthesia", False), (0, "fast_effect", True)]
    assert records["exposure_note"]["record_ref"][0] == "p1.yaml:6 treatments[0]"
    assert records["notice"].is_empty()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"start": "2024-03-01", "end": "2024-03-28"},
            ("2024-03-01", "2024-03-01", "2024-03-29", "2024-03-29", "ended"),
        ),
        ({"start": "2024-03", "end": "2024-05"}, ("2024-03-01", "2024-03-31", "2024-05-02", "2024-06-01", "ended")),
        ({"start": "2024-02", "end": "2024"}, ("2024-02-01", "2024-02-29", "2024-01-02", "2025-01-01", "ended")),
        ({"start": 2023, "end": "2024-01-01"}, ("2023-01-01", "2023-12-31", "2024-01-02", "2024-01-02", "ended")),
        ({"start": "2024-03-01"}, ("2024-03-01", "2024-03-01", None, None, "ongoing")),
        ({"start": "2024-03-01", "end": None}, ("2024-03-01", "2024-03-01", None, None, "ongoing")),
        ({"start": "2024-03-01", "end": "unknown"}, ("2024-03-01", "2024-03-01", None, None, "unknown")),
        ({"start": "2024-03-01", "stopped_because": "other"}, ("2024-03-01", "2024-03-01", None, None, "unknown")),
        ({"start": "2024-03-01", "stopped_because": "unknown"}, ("2024-03-01", "2024-03-01", None, None, "ongoing")),
        ({"start": "unknown", "end": "2024-03-31"}, (None, None, "2024-04-01", "2024-04-01", "ended")),
        ({}, (None, None, None, None, "unknown")),
        ({"start": "unknown"}, (None, None, None, None, "unknown")),
        (
            {"start": "2024-12-31", "end": "2024-12-31"},
            ("2024-12-31", "2024-12-31", "2025-01-01", "2025-01-01", "ended"),
        ),
    ],
)
def test_dates(read, exposures, entry, expected):
    records = read(history({"treatment": "sertraline", **entry}))
    assert exposures(records, *DATES) == [("sertraline", *expected)]


def test_dose_steps_run_to_the_next_and_the_outcome_goes_to_the_last(read, exposures):
    steps = [{"start": "2024-03-01", "daily_dose_mg": 50}, {"start": "2024-03", "daily_dose_mg": 75}]
    steps += [{"start": "2024-04-10", "daily_dose_mg": "unknown"}]
    records = read(history({"treatment": "sertraline", "doses": steps, "end": "2024-05-31", "outcome": "partial"}))
    assert exposures(records, *DATES, "daily_dose_mg") == [
        ("sertraline", "2024-03-01", "2024-03-01", "2024-03-01", "2024-03-31", "ended", "50.0"),
        ("sertraline", "2024-03-01", "2024-03-31", "2024-04-10", "2024-04-10", "ended", "75.0"),
        ("sertraline", "2024-04-10", "2024-04-10", "2024-06-01", "2024-06-01", "ended", None),
    ]
    assert records["outcome"].select("exposure_key", "outcome").rows() == [(2, "partial")]


def test_days_before_the_first_step_have_an_unknown_dose(read, exposures):
    entry = {"treatment": "sertraline", "start": "2024-01-01", "end": "2024-03-31"}
    records = read(history({**entry, "doses": [{"start": "2024-02-01", "daily_dose_mg": 50}]}))
    assert exposures(records, "start_date", "end_date", "daily_dose_mg") == [
        ("sertraline", "2024-01-01", "2024-02-01", None),
        ("sertraline", "2024-02-01", "2024-04-01", "50.0"),
    ]


@pytest.mark.parametrize(
    ("entry", "row"),
    [
        ({"outcome": "unknown"}, []),
        ({"outcome": "Response"}, [("response", None)]),
        ({"outcome": "response", "improvement_percent": 10}, [("response", 10.0)]),
        ({"improvement_percent": -20}, [(None, -20.0)]),
        ({"improvement_percent": "unknown"}, []),
    ],
)
def test_outcome(read, entry, row):
    records = read(history({"treatment": "sertraline", "start": "2024", **entry}))
    assert records["outcome"].select("outcome", "improvement_percent").rows() == row


def test_the_index_date_is_the_option_then_the_files_then_the_newest_date(read, codes):
    entry = {"treatments": [{"treatment": "sertraline", "start": "2024-03-01", "end": "2024-05"}]}
    assumed = read(entry)
    assert assumed["person"]["index_date"].to_list() == [date(2024, 5, 31)]
    assert codes(assumed) == ["index_date_assumed"]
    stated = read({**entry, "index_date": "2024-06"})
    assert stated["person"]["index_date"].to_list() == [date(2024, 6, 30)]
    assert codes(stated) == []
    asked = read({**entry, "index_date": "2024-06"}, index_date=date(2025, 1, 1))
    assert asked["person"]["index_date"].to_list() == [date(2025, 1, 1)]


def test_records_after_the_index_date_are_left_out_and_counted(read, exposures, codes):
    late = {"treatment": "lithium", "start": "2026-12-01"}
    early = {"treatment": "sertraline", "start": "2026-10-01"}
    more = {
        "measurements": [{"code": "phq9", "value": 9, "date": "2026-11-02"}],
        "conditions": [{"condition": "hypothyroidism", "start": "2027"}],
        "answers": [{"instrument": "phq9", "date": "2026-11-03", "items": [0] * 9}],
    }
    records = read(history(early, late, **more))
    assert exposures(records) == [("sertraline",)]
    assert records["measurement"].is_empty() and records["condition"].is_empty() and records["answer"].is_empty()
    assert records["notice"].select("kind", "code").rows() == [("left_out", "after_index_date")]
    assert "4 records" in records["notice"]["text"][0]


def test_the_episode_option_applies_to_those_without(read):
    start = date(2024, 1, 5)
    assert read(history(), episode_start=start)["episode"]["start_date"].to_list() == [start]
    stated = history(episode={"start": "2023-03-01"})
    assert read(stated, episode_start=start)["episode"]["start_date"].to_list() == [date(2023, 3, 1)]
    vague = history(episode={"severity": "mild"})
    row = read(vague, episode_start=start)["episode"].row(0)
    assert row[:5] == (0, start, start, "mild", "unknown")


def test_a_misspelling_is_read_and_never_silently(read, exposures):
    records = read(history({"treatment": "Sertralin", "start": "2024-01-01"}))
    assert exposures(records) == [("sertraline",)]
    kind, code, text = records["notice"].select("kind", "code", "text").row(0)
    assert (kind, code) == ("flag", "name_read_as")
    assert text == 'Read "Sertralin" as sertraline; correct it if that is wrong.'


ITEMS = [1, 1, 1, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("items", "total", "is_imputed", "notice"),
    [
        ([2, 3, 2, 2, 1, 2, 2, 1, 0], 15.0, False, None),
        ([None, *ITEMS[1:]], 9.0, True, "total_prorated"),
        ([3, None, None, 2, 1, 0, 0, 0, 1], 9.0, True, "total_prorated"),  # 7 x 9 / 7
        ([3, None, None, 3, 2, 0, 0, 0, 1], 12.0, True, "total_prorated"),  # 9 x 9 / 7 = 11.57
        ([None, None, None, *ITEMS[3:]], None, None, "total_not_possible"),
        ([*ITEMS[:8], None], None, None, "total_not_possible"),  # the item about suicide is never filled in
        ([*ITEMS, 3], 9.0, False, None),  # the tenth question is not scored
    ],
)
def test_answers_are_added_up(read, codes, items, total, is_imputed, notice):
    records = read(history(answers=[{"instrument": "PHQ-9", "date": "2026-10-30", "items": items}]))
    expected = [] if total is None else [("phq9", total, is_imputed)]
    assert records["measurement"].select("measure_id", "value", "is_imputed").rows() == expected
    assert records["answer"].height == sum(i is not None for i in items)
    assert codes(records) == ([notice] if notice else [])


@pytest.mark.parametrize(
    ("stated", "value", "notices"),
    [(9, 9.0, []), (12, 9.0, ["total_disagrees"])],
)
def test_a_total_that_is_not_the_sum_gives_way(read, codes, stated, value, notices):
    answers = [{"instrument": "phq9", "date": "2026-10-30", "items": ITEMS}]
    measured = [{"code": "44261-6", "value": stated, "date": "2026-10-30"}]
    records = read(history(answers=answers, measurements=measured))
    assert records["measurement"]["value"].to_list() == [value]
    assert codes(records) == notices


def test_a_stated_total_outranks_a_filled_one(read, codes):
    answers = [{"instrument": "phq9", "date": "2026-10-30", "items": [None, *ITEMS[1:]]}]
    measured = [{"code": "phq9", "value": 11, "date": "2026-10-30"}]
    records = read(history(answers=answers, measurements=measured))
    assert records["measurement"].select("value", "is_imputed").rows() == [(11.0, False)]
    assert codes(records) == []


def test_scores_without_an_exact_day_are_left_out(read, codes):
    measured = [{"code": "phq9", "value": 11, "date": "2026-10"}, {"code": "phq9", "value": 12, "date": "unknown"}]
    records = read(history(measurements=measured))
    assert records["measurement"].is_empty()
    assert codes(records) == ["score_without_day"]
    assert records["notice"]["text"][0].startswith("2 scores")


def test_plain_words_for_a_condition_are_left_out_with_a_notice(read, codes):
    records = read(history(conditions=[{"condition": "sore knee since the war"}, {"condition": "Hypothyroidism"}]))
    assert records["condition"]["condition_id"].to_list() == ["hypothyroidism"]
    assert codes(records) == ["condition_not_known"]


def test_several_persons_and_files(read, tmp_path, knowledge):
    from remit.flow.records import read_records

    both = [{"person": {"id": i}, "treatments": [{"treatment": "sertraline", "start": "2024"}]} for i in ("a", 7)]
    assert read(both)["person"]["person_id"].to_list() == ["a", "7"]
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"person: {{id: {name}}}\nindex_date: 2024-01-01\ntreatments: []\n")
    records = read_records([tmp_path / "one.yaml", tmp_path / "two.yaml"], knowledge)
    assert records["person"]["person_id"].to_list() == ["one", "two"]
    assert records["exposure"].is_empty()


def test_yaml_keeps_countries_and_words(read):
    text = "person: {country: NO, sex: no}\nindex_date: 2024-01-01\ntreatments: []\nclues: {a: yes, b: no, c: on_off}\n"
    with pytest.raises(Exception, match=r"clues\.c"):
        read(text, "p.yaml")
    records = read(text.replace(", c: on_off", ""), "p.yaml")
    assert records["person"].select("sex", "country").row(0) == ("no", "NO")
    assert records["clue"]["answer"].to_list() == ["yes", "no"]


def test_an_anchor_may_be_used_sparingly(read):
    text = "index_date: &day 2024-01-01\ntreatments: [{treatment: lithium, start: *day}]\n"
    assert read(text, "p.yaml")["exposure"]["start_date"].to_list() == [date(2024, 1, 1)]


@pytest.mark.parametrize(
    ("day", "item9", "flagged"),
    [("2026-10", 1, True), ("unknown", 3, True), ("2026-12-01", 1, True), ("2026-10", 0, False)],
)
def test_a_sign_of_suicidality_is_never_left_out_unseen(read, codes, day, item9, flagged):
    records = read(history(answers=[{"instrument": "phq9", "date": day, "items": [0] * 8 + [item9]}]))
    assert records["answer"].is_empty()
    assert ("safety_item" in codes(records)) == flagged
