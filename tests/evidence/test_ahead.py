"""The table of pooled effects that options and pages read: it is what the base gives, and it reaches the reader."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from remit.engine.shares import wilson
from remit.errors import KnowledgeError
from remit.evidence.trd import files
from remit.evidence.trd.ahead import digest, pooled_table, write_table
from remit.knowledge import load_knowledge
from remit.knowledge.pooled import FILE, read_pooled

ROOT = Path(__file__).parents[2]
KNOWLEDGE = ROOT / "src" / "remit_knowledge"


def test_the_table_is_what_the_base_gives() -> None:
    kept = (KNOWLEDGE / FILE).read_text(encoding="utf-8")
    assert json.loads(kept)["inputs"] == digest(files.home()), "a study changed: run `remit evidence pool`"
    assert write_table(pooled_table()) == kept, "run `remit evidence pool`"


def test_reading_gives_back_what_was_written() -> None:
    assert read_pooled((KNOWLEDGE,)) == pooled_table()


# R 4.2: prop.test(events, n, correct = FALSE).
@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [(0, 10, 0.0, 0.277533), (5, 10, 0.236593, 0.763407), (10, 10, 0.722467, 1.0), (104, 268, 0.33169123, 0.44759189)],
)
def test_wilson(events: int, n: int, low: float, high: float) -> None:
    assert wilson(events, n) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_no_share_of_nobody() -> None:
    assert all(math.isnan(x) for x in wilson(0, 0))


def test_an_effect_by_hand() -> None:
    """ELEKT-D (DOI 10.1056/NEJMoa2302399): 70 of 170 with ECT, 108 of 195 with ketamine responded."""
    effect = next(e for e in read_pooled((KNOWLEDGE,)).effects if e.studies == ("ELEKT-D",))
    assert (effect.events, effect.n, effect.events_control, effect.n_control) == (70, 170, 108, 195)
    log, se = math.log(70 * 87 / (100 * 108)), math.sqrt(1 / 70 + 1 / 100 + 1 / 108 + 1 / 87)
    assert effect.odds_ratio == pytest.approx(math.exp(log), rel=1e-5)
    assert effect.lower == pytest.approx(math.exp(log - 1.959964 * se), rel=1e-5)
    assert effect.upper == pytest.approx(math.exp(log + 1.959964 * se), rel=1e-5)
    assert effect.share is not None
    assert effect.share.of_100 == pytest.approx(100 * 70 / 170, rel=1e-5), "one trial: its own share"


def test_every_effect_has_all_that_must_stand_beside_it() -> None:
    table = load_knowledge().pooled
    assert len(table.effects) > 40
    for effect in table.effects:
        assert effect.lower <= effect.odds_ratio <= effect.upper
        assert effect.studies and set(effect.studies) <= set(table.studies)
        assert effect.certainty in ("high", "moderate", "low", "very low")
        assert effect.certainty == "high" or effect.reasons
        assert {effect.treatment, effect.control} <= set(table.nodes)
        assert 0 <= effect.events <= effect.n and 0 <= effect.events_control <= effect.n_control
        if effect.share is not None:
            assert effect.share.low <= effect.share.of_100 <= effect.share.high


def test_nodes_name_entries_of_the_catalogue() -> None:
    knowledge = load_knowledge()
    named = {option for node in knowledge.pooled.nodes.values() for option in node.options}
    assert named <= set(knowledge.catalogue)
    assert all(knowledge.pooled.of(option) for option in named)


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / FILE).write_text('{"schema_id": "remit-pooled/1"}', encoding="utf-8")
    with pytest.raises(KnowledgeError, match="remit evidence pool"):
        read_pooled((tmp_path,))


def test_a_site_without_a_table_of_its_own_has_ours(tmp_path: Path) -> None:
    assert read_pooled((KNOWLEDGE, tmp_path)) == read_pooled((KNOWLEDGE,))
    assert not read_pooled((tmp_path,)).effects


def test_showing_numbers_loads_no_engine() -> None:
    """`assess` must not pay for scipy: the numbers are read."""
    code = (
        "import sys; from remit.surfaces.cli import main\n"
        f"sys.argv = ['remit', 'assess', {str(ROOT / 'examples' / 'history.yaml')!r}, '--format', 'json']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert not {'scipy', 'numba', 'remit.evidence'} & set(sys.modules), 'loaded'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    options = {o["treatment"]: o for o in document["persons"][0]["options"]}
    effect = next(e for e in options["ect"]["evidence"] if e["sources"] == ["study:ELEKT-D"])
    assert (effect["events_treatment"], effect["n_treatment"], effect["n_control"]) == (70, 170, 195)
    assert (
        effect["certainty"] and effect["certainty_reasons"] and effect["lower"] < effect["estimate"] < effect["upper"]
    )
    assert "ELEKT-D" in document["evidence"]["studies"]
