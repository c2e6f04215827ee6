"""The evidence that Remit carries: what enters, what does not, and what is said beside it.

Odds ratios are checked against an independent regression run on the same counts that came with the collection.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.errors import UsageError
from remit.evidence import EvidenceError, evidence_base
from remit.evidence.trd import files
from remit.evidence.trd.findings import base_network, compare, findings, relapse_ratios
from remit.evidence.trd.grade import statement
from remit.evidence.trd.living import compare_bases, update_text


def test_sizes() -> None:
    base = evidence_base()
    assert base.studies.height == 127
    assert base.rows.height == 425
    assert base.rows["verified"].sum() == 324
    counts = base.rows.filter(pl.col("events").is_not_null() & pl.col("n").is_not_null())
    assert (counts.height, counts["verified"].sum()) == (340, 250)
    assert base.relapse.height == 25


def test_every_row_has_its_source() -> None:
    base = evidence_base()
    for column in ("source", "seen_where", "basis", "verified", "use"):
        assert base.rows[column].null_count() == 0, column
    assert base.studies.select("funding", "rob", "level", "eligible").null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize(
    ("treatment", "control", "outcome", "k", "numbers"),
    [
        ("esketamine_IN+AD", "placebo+newAD", "response", 3, (1.98, 1.41, 2.78)),
        ("aripiprazole_aug", "bupropion_switch", "remission", 2, (1.49, 1.17, 1.90)),
        ("quetiapine_aug", "placebo_aug", "response", 2, (1.63, 1.18, 2.24)),
        ("lithium_aug", "placebo_aug", "response", 10, (2.68, 1.60, 4.50)),
    ],
)
def test_pooled_odds_ratios(
    treatment: str, control: str, outcome: str, k: int, numbers: tuple[float, float, float]
) -> None:
    found = compare(evidence_base(), treatment, control, outcome, "endpoint").result
    assert found.k == k
    plain = found.random
    half = 1.959963984540054 * plain.se if found.test == "z" else None
    limits = (plain.te - half, plain.te + half) if half else _z_limits(found)
    assert [math.exp(v) for v in (plain.te, *limits)] == pytest.approx(numbers, abs=5.1e-3)


def _z_limits(found: Any) -> tuple[float, float]:
    """The regression run used the normal distribution; Remit leads with the wider Hartung-Knapp interval."""
    se = found.studies["se"].to_numpy()
    error = 1 / math.sqrt(sum(1 / (se**2 + found.heterogeneity.tau2)))
    return found.random.te - 1.959963984540054 * error, found.random.te + 1.959963984540054 * error


def test_one_trial() -> None:
    found = compare(evidence_base(), "ECT", "ketamine_IV_repeated").to_dict()
    assert [found[key] for key in ("odds_ratio", "lower", "upper")] == pytest.approx([0.56, 0.37, 0.85], abs=5.1e-3)
    assert (found["events_treatment"], found["n_treatment"]) == (70, 170)
    assert (found["events_control"], found["n_control"]) == (108, 195)
    assert found["prediction_lower"] is None


def test_only_verified_rows_enter() -> None:
    base = evidence_base()
    for outcome in ("response", "remission"):
        for window in ("h24", "wk1", "acute", "endpoint", "wk15_30"):
            rows = base.select(outcome, window).rows
            assert rows["verified"].all()
            assert not rows["imputed"].any()
            assert set(rows["use"]) <= {"primary"}
            assert set(rows["eligible"]) <= {"yes"}
            assert set(rows["level"]) <= {"L1", "L2", "L3"}
            assert not rows["study"].str.starts_with("POOLED").any()
            visits = rows.group_by("study").agg(pl.col("days").n_unique(), pl.col("scale").n_unique())
            assert visits.filter((pl.col("days") > 1) | (pl.col("scale") > 1)).is_empty()


def test_nothing_is_dropped_silently() -> None:
    base = evidence_base()
    found = base.select("response", "acute")
    asked = base.rows.filter((pl.col("outcome") == "response") & pl.col("days").is_between(10, 105))
    assert found.rows.height + found.left_out["rows"].sum() == asked.height
    assert found.left_out["detail"].null_count() == 0
    more = base.select("response", "acute", unverified=True)
    assert more.rows.height > found.rows.height
    assert any("not read in a source" in w for w in more.warnings)
    assert "evidence set v1, not a systematic review" in found.warnings


def test_broad_nodes_warn_and_join() -> None:
    base = evidence_base()
    lumped, broad = base_network(base), base_network(base, nodes="broad_a")
    assert len(broad.pieces) < len(lumped.pieces)
    assert any("assumption" in w for w in base.select(nodes="broad_a").warnings)


def test_pieces_stay_pieces() -> None:
    found = base_network(evidence_base()).to_dict()
    assert found["components"] > 1
    assert found["ranking"] == []


def test_findings_say_all_that_is_needed() -> None:
    for finding in findings(evidence_base(), "remission"):
        data = finding.to_dict()
        assert data["certainty"]["word"] in ("high", "moderate", "low", "very low")
        assert len(data["certainty"]["steps"]) == 5
        assert data["certainty"]["word"] == "high" or finding.certainty.reasons()
        assert data["lower"] <= data["odds_ratio"] <= data["upper"]
        assert 0 < data["control_risk"] < 1
        assert {"source", "funding", "rob", "trd_definition", "days", "definition"} - set(finding.studies.columns) <= {
            "days"
        }
        assert data["warnings"][0] == "evidence set v1, not a systematic review"
        low, middle, high = (data[f"more_per_1000{end}"] for end in ("_lower", "", "_upper"))
        assert low <= middle <= high


def test_unknown_names_are_usage_errors() -> None:
    base = evidence_base()
    for wrong in ({"outcome": "joy"}, {"window": "soon"}, {"nodes": "huge"}):
        with pytest.raises(UsageError):
            base.select(**wrong)
    with pytest.raises(UsageError, match="no verified counts yet"):
        compare(base, "ECT", "placebo_aug")


def test_treatments_without_counts_are_named() -> None:
    base = evidence_base()
    missing = base.without_counts(base.select())
    assert "MST" in missing
    assert "ECT" not in missing


def test_hazard_ratios() -> None:
    rows = relapse_ratios(evidence_base()).filter(pl.col("study") == "SUSTAIN-1")
    assert sorted(rows["hazard_ratio"]) == [0.30, 0.49]


def test_words() -> None:
    assert statement("high", "a", "b", "response", 0.7, crosses=False) == "a increases response compared with b."
    assert "probably reduces" in statement("moderate", "a", "b", "relapse", -0.7, crosses=False)
    assert "may make little to no difference" in statement("low", "a", "b", "x", 0.01, crosses=True)
    assert "the interval includes no effect" in statement("low", "a", "b", "x", 0.7, crosses=True)
    assert "very uncertain" in statement("very low", "a", "b", "x", 0.7, crosses=False)


def new_study(**changes: Any) -> dict[str, Any]:
    def arm(i: int, node: str, role: str, events: int, n: int) -> dict[str, Any]:
        row = {
            "row": f"New_{i}",
            "outcome": "response",
            "definition": ">=50% reduction",
            "scale": "MADRS",
            "timepoint": "day28",
            "days": 28,
            "events": events,
            "n": n,
            "basis": "stated",
            "verified": True,
            "use": "primary",
            "source": "10.0000/none",
            "seen_where": "table 2",
        }
        return {"id": f"New__{i}", "label": node, "node": node, "role": role, "outcomes": [row]}

    return {
        "id": "New2027",
        "label": "New 2027",
        "year": 2027,
        "kind": "trial",
        "design": "parallel RCT",
        "funding": "public",
        "acute_days": 28,
        "verified": True,
        "seen_where": "full text",
        "network": {"eligible": "yes"},
        "trd_definition": {"level": "L2", "text": "two failures"},
        "risk_of_bias": {"judgement": "low", "provisional": True},
        "arms": [arm(1, "esketamine_IN_84+newAD", "active", 60, 100), arm(2, "placebo+newAD", "placebo", 40, 100)],
        **changes,
    }


def write(path: Path, study: Any) -> Path:
    path.write_text(yaml.safe_dump(study), encoding="utf-8")
    return path


def test_update_shows_what_changes(tmp_path: Path) -> None:
    found = compare_bases([write(tmp_path / "new.yaml", new_study())])
    assert found.added == ("New2027",)
    (change,) = found.changed
    assert (change["treatment"], change["control"]) == ("esketamine_IN+AD", "placebo+newAD")
    assert (change["before"]["k"], change["after"]["k"]) == (3, 4)
    assert change["after"]["n"] == change["before"]["n"] + 200
    text = update_text(found)
    assert "before OR 1.98" in text
    assert "certainty" in text
    assert found.to_dict()["schema"] == "remit-evidence-update/1"


def test_update_with_a_bridge_joins_pieces(tmp_path: Path) -> None:
    study = new_study()
    study["arms"][1]["node"] = "ECT"
    found = compare_bases([write(tmp_path / "new.yaml", study)])
    assert len(found.pieces_after) == len(found.pieces_before) - 1


def test_an_unverified_study_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    study = new_study()
    for arm in study["arms"]:
        arm["outcomes"][0].update(basis="recalled", verified=False)
    path = write(tmp_path / "new.yaml", study)
    found = compare_bases([path])
    assert not found.changed
    assert [(row["reason"], row["rows"]) for row in found.left_out] == [("unverified", 2)]
    assert "No pooled effect changes" in update_text(found)


def test_every_fault_of_a_study_is_named(tmp_path: Path) -> None:
    study = new_study(year=None, risk_of_bias={"judgement": "fine"})
    study["arms"][0]["outcomes"][0].update(events=200, basis="recalled")
    study["arms"][1]["node"] = "nonsense"
    (tmp_path / "bad.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(EvidenceError) as caught:
        compare_bases([write(tmp_path / "new.yaml", study), tmp_path / "bad.yaml", tmp_path / "none.yaml"])
    text = str(caught.value)
    for words in (
        "year",
        "risk_of_bias",
        "outcomes[0]",
        "only numbers read in a source",
        "nonsense",
        "bad.yaml",
        "none.yaml",
    ):
        assert words in text, words


def test_files_are_read_safely(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("!!python/object/apply:os.system ['true']", encoding="utf-8")
    with pytest.raises(EvidenceError):
        files.read_yaml(path)
