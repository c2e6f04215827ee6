"""People as a clinic sees them: what may be discussed, what not, why, and what is worth checking first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.flow.records import read_records
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import assess

INDEX = date(2026, 11, 1)
TWO_FAILED = [
    {
        "treatment": "sertraline", "start": date(2025, 1, 1), "end": date(2025, 4, 15), "daily_dose_mg": 150,
        "outcome": "none",
    },
    {
        "treatment": "venlafaxine", "start": date(2025, 5, 1), "end": date(2025, 8, 31), "daily_dose_mg": 225,
        "outcome": "minimal",
    },
]  # fmt: skip
EPISODE = {"start": "2024-11-01", "severity": "severe", "psychotic": False}
MAGNETIC = ("rtms_standard", "itbs", "dtms", "rtms_right_or_bilateral", "saint_snt")
ANTIPSYCHOTICS = ("aripiprazole_aug", "quetiapine_aug", "olanzapine_fluoxetine")


class Seen:
    """Status, bearing reasons and raised checks of one person."""

    def __init__(self, path: Path, knowledge: Knowledge) -> None:
        tables = assess(read_records(path, knowledge), knowledge)
        ids = [entry.id for entry in knowledge.options]
        self.status = {ids[r["option_key"]]: r["status"] for r in tables["option"].iter_rows(named=True)}
        self.why: dict[str, set[str]] = {}
        self._bears: dict[tuple[str, str], str] = {}
        for row in tables["option_reason"].iter_rows(named=True):
            self._bears[ids[row["option_key"]], row["reason"]] = row["bears"]
            if row["bears"] == "yes":
                self.why.setdefault(ids[row["option_key"]], set()).add(row["reason"])
        checks = [check.id for check in knowledge.checks]
        found = tables["consideration"].iter_rows(named=True)
        self.checks = {checks[r["check_key"]]: (r["state"], r["level"]) for r in found}
        self.clues = {
            (checks[r["check_key"]], r["clue"])
            for r in tables["consideration_reason"].iter_rows(named=True)
            if r["direction"] == "for"
        }
        self.needs_specialist = {
            r["group"] for r in tables["special_group"].iter_rows(named=True) if r["belongs"] == "yes"
        }

    def state(self, option: str, reason: str) -> str:
        """Whether a reason bears."""
        return self._bears[option, reason]


See = Callable[..., Seen]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def see(tmp_path: Path, knowledge: Knowledge) -> See:
    def go(*more: dict[str, Any], **history: Any) -> Seen:
        person = {"birth_date": date(1980, 5, 2), "sex": "female", "country": "US"} | history.pop("person", {})
        clues = {"medicine_list_complete": True} | history.pop("clues", {})
        content = {
            "person": person, "index_date": INDEX, "episode": EPISODE,
            "treatments": [*history.pop("treatments", TWO_FAILED), *more], "clues": clues,
        }  # fmt: skip
        path = tmp_path / "history.yaml"
        path.write_text(yaml.safe_dump(content | history), encoding="utf-8")
        return Seen(path, knowledge)

    return go


def active(*conditions: str) -> list[dict[str, str]]:
    return [{"condition": c, "status": "active"} for c in conditions]


def measured(**values: float) -> list[dict[str, Any]]:
    return [{"code": code, "value": value, "date": INDEX} for code, value in values.items()]


def now(treatment: str, **more: Any) -> dict[str, Any]:
    return {"treatment": treatment, "start": INDEX - timedelta(days=90)} | more


def test_pregnancy(see: See) -> None:
    found = see(conditions=active("pregnancy"))
    assert {"r013", "pregnancy"} <= found.why["esketamine_nasal"]
    assert "r117" in found.why["lithium_aug"]
    assert all("r044" in found.why[option] for option in MAGNETIC)
    assert found.needs_specialist == {"pregnancy"}
    assert {found.status[o] for o in ("esketamine_nasal", "lithium_aug", *MAGNETIC)} == {"discuss_with_caution"}


def test_bipolar_i(see: See) -> None:
    found = see(conditions=active("bipolar I disorder"))
    assert found.checks["bipolar"] == ("raised", "next_step")
    for option in ("switch_antidepressant", "tca", "maoi", "bupropion_combo", "mirtazapine_combo", "esketamine_nasal"):
        assert found.status[option] == "discuss_with_caution", option
        assert "bipolar_known" in found.why[option]
    assert "r120" in found.why["pramipexole_aug"]
    assert "r082" in found.why["psilocybin_comp360"]
    assert "r083" in found.why["mebufotenin_gh001"]


def test_a_seizure_disorder(see: See) -> None:
    found = see(conditions=active("epilepsy"))
    assert found.status["bupropion_combo"] == found.status["auvelity"] == "not_suitable"
    assert all("r040" in found.why[o] and found.status[o] == "discuss_with_caution" for o in MAGNETIC)


def test_an_eating_disorder(see: See) -> None:
    found = see(conditions=active("bulimia nervosa"))
    assert found.status["bupropion_combo"] == found.status["auvelity"] == "not_suitable"


def test_metal_near_the_coil(see: See) -> None:
    found = see(clues={"metal_near_coil": True})
    assert {found.status[option] for option in MAGNETIC} == {"not_suitable"}
    assert found.status["ect"] == "discuss_with_caution"


def test_hypertension_before_ketamine_and_esketamine(see: See) -> None:
    found = see(conditions=active("hypertension"), measurements=measured(systolic_bp=165, diastolic_bp=98))
    assert {"r009", "r010"} <= found.why["esketamine_nasal"]
    assert "r032" in found.why["ketamine_iv"]
    assert "r146" in found.why["maoi"]
    once = see(measurements=measured(systolic_bp=165))
    assert "r032" not in once.why.get("ketamine_iv", set())  # one reading is no diagnosis


def test_a_long_qt_interval_and_citalopram(see: See) -> None:
    taken = [now("citalopram", daily_dose_mg=40), now("quetiapine", daily_dose_mg=150, augments="citalopram")]
    found = see(*taken, measurements=measured(qtc=505))
    assert found.checks["other_medical"] == ("raised", "next_step")
    assert ("other_medical", "qtc_long") in found.clues
    assert ("drug_interactions", "qt") in found.clues
    assert "s010" in found.why["switch_antidepressant"]
    assert all("r181" in found.why[option] for option in ("quetiapine_aug", "tca", "olanzapine_fluoxetine"))


def test_lithium_with_what_raises_its_level(see: See) -> None:
    also = {"nsaid_current": True, "ace_inhibitor_or_arb_current": True}
    found = see(now("lithium", augments="venlafaxine"), measurements=measured(egfr=25), clues=also)
    assert found.status["lithium_aug"] == "not_suitable"
    assert {"r099", "r102", "r103"} <= found.why["lithium_aug"]
    assert ("drug_interactions", "lithium") in found.clues
    assert "r060" in found.why["ect"]
    listed = see(*(now(m) for m in ("lithium", "ibuprofen", "lisinopril", "indapamide", "verapamil", "empagliflozin")))
    assert {"r101", "r102", "r103", "r104", "r105"} <= listed.why["lithium_aug"]
    milder = see(measurements=measured(egfr=45))
    assert milder.status["lithium_aug"] == "discuss_with_caution"
    assert "s011" in milder.why["lithium_aug"]


def test_an_mao_inhibitor_now(see: See) -> None:
    found = see(now("phenelzine", daily_dose_mg=60))
    for option in ("switch_antidepressant", "tca", "olanzapine_fluoxetine", "bupropion_combo", "auvelity"):
        assert found.status[option] == "not_now", option
    assert found.checks["drug_interactions"][0] != "raised"
    both = see(now("phenelzine", daily_dose_mg=60), now("escitalopram", daily_dose_mg=10))
    assert both.checks["drug_interactions"] == ("raised", "same_day")
    assert not {"discuss", "discuss_with_caution", "tried"} & set(both.status.values())


def test_three_weeks_after_fluoxetine(see: See) -> None:
    course = {"treatment": "fluoxetine", "start": date(2026, 1, 1), "end": INDEX - timedelta(days=21)}
    found = see(course | {"daily_dose_mg": 40, "outcome": "none"})
    assert found.status["maoi"] == "not_now"
    assert found.why["maoi"] == {"r143"}


def test_the_heart_and_the_eye_before_a_tricyclic(see: See) -> None:
    assert "s009" in see(conditions=active("narrow-angle glaucoma")).why["tca"]
    attack = [{"condition": "myocardial_infarction", "start": INDEX - timedelta(days=20)}]
    found = see(conditions=attack)
    assert found.status["tca"] == found.status["t3_aug"] == "not_suitable"
    assert {"r054"} <= found.why["ect"]
    assert "s013" in found.why["ketamine_iv"]
    assert see().status["tca"] == "discuss_with_caution"  # nobody has said that the heart is well


def test_psychotic_features(see: See) -> None:
    found = see(episode=EPISODE | {"psychotic": True})
    assert found.checks["psychotic_depression"] == ("raised", "same_day")
    assert {"r031", "s013"} <= found.why["ketamine_iv"]
    assert "r011" in found.why["esketamine_nasal"]
    assert {"r082"} <= found.why["psilocybin_comp360"]
    assert {"s003"} <= found.why["ect"]
    assert "psychotic" in found.needs_specialist
    assert {found.status[o] for o in ("ketamine_iv", "esketamine_nasal", *MAGNETIC)} == {"discuss_with_caution"}


def test_sixteen_years(see: See) -> None:
    found = see(person={"birth_date": date(2010, 5, 2)})
    assert {found.status[o] for o in ("esketamine_nasal", "saint_snt", "vns")} == {"not_suitable"}
    assert "discuss" not in found.status.values()
    assert "age_under_18" in found.needs_specialist
    assert "s007" in found.why["switch_antidepressant"]


def test_seventy_years(see: See) -> None:
    found = see(person={"birth_date": date(1956, 5, 2), "country": "GB"})
    assert "r028" in found.why["esketamine_nasal"]
    assert found.status["tca"] == "discuss_with_caution"


def test_dementia(see: See) -> None:
    found = see(person={"birth_date": date(1946, 5, 2)}, conditions=active("dementia"))
    assert found.checks["neurodegenerative"][0] == "raised"
    assert "dementia_known" in found.needs_specialist
    assert "r073" in found.why["vns"]
    with_psychosis = see(conditions=active("dementia"), episode=EPISODE | {"psychotic": True})
    assert all("r086" in with_psychosis.why[option] for option in ANTIPSYCHOTICS)


def test_substance_use(see: See) -> None:
    found = see(conditions=active("alcohol use disorder"))
    assert found.checks["substances"][0] == "raised"
    assert "r012" in found.why["esketamine_nasal"]
    assert "r033" in found.why["ketamine_iv"]
    assert "substance_use_now" in found.needs_specialist


def test_nothing_is_known(see: See) -> None:
    found = see(
        treatments=[], episode={}, person={"birth_date": None, "sex": None, "country": None},
        clues={"medicine_list_complete": "unknown"},
    )  # fmt: skip
    assert "discuss" not in found.status.values()
    assert "not_suitable" not in found.status.values()
    assert found.needs_specialist == set()
    assert found.checks["inadequate_trials"][0] == "raised"
    assert {state for state, _ in found.checks.values()} <= {"raised", "open"}


def test_doses_that_were_missed_and_medicines_that_were_not_tolerated(see: See) -> None:
    half = see(treatments=[TWO_FAILED[0] | {"adherence": 0.5}, TWO_FAILED[1]])
    assert half.checks["non_adherence"] == ("raised", "next_step")
    assert half.status["esketamine_nasal"] == "not_now"
    four_fifths = see(treatments=[TWO_FAILED[0] | {"adherence": 0.8}, TWO_FAILED[1] | {"adherence": 0.95}])
    assert four_fifths.checks["non_adherence"] == ("open", "ask")
    assert ("non_adherence", "missed") not in four_fifths.clues
    short = {"stopped_because": "side_effects"}
    low = [
        {"treatment": "sertraline", "start": "2025-01-01", "end": "2025-01-15", "daily_dose_mg": 25} | short,
        {"treatment": "duloxetine", "start": "2025-02-01", "end": "2025-02-10", "daily_dose_mg": 20} | short,
    ]
    found = see(treatments=low, conditions=active("gastric bypass"))
    assert ("inadequate_trials", "stopped_early") in found.clues
    assert ("pharmacogenetic", "intolerance") in found.clues
    assert ("poor_absorption", "surgery") in found.clues
    enough = [low[0] | {"daily_dose_mg": 100}, low[1]]
    assert ("pharmacogenetic", "intolerance") not in see(treatments=enough).clues


def test_a_history_that_does_not_say_settles_nothing(see: See) -> None:
    found = see()
    for check, clue in (("non_adherence", "missed"), ("inadequate_trials", "stopped_early")):
        assert (check, clue) not in found.clues
    assert found.checks["non_adherence"] == ("open", "ask")


def test_a_condition_that_is_both_refuted_and_there_refutes_nothing(see: See) -> None:
    both = see(conditions=[{"condition": "dementia", "status": "refuted"}, *active("dementia")])
    assert "dementia_known" in both.needs_specialist
    assert both.state("quetiapine_aug", "r086") == "unknown"
    out = see(conditions=[{"condition": "dementia", "status": "refuted"}])
    assert out.state("quetiapine_aug", "r086") == "no"
