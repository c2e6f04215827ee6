"""What other programs rely on: options, JSON keys, exit codes of `remit evidence`."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from remit.surfaces.cli.evidence import app

DATA = Path(__file__).parents[1] / "evidence" / "data"
RUNNER = CliRunner()


def run(*words: str) -> Any:
    return RUNNER.invoke(app, list(words))


def data(*words: str) -> dict[str, Any]:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("model", ["common", "random"])
@pytest.mark.parametrize("tau2", ["dl", "reml", "ml"])
def test_network_keys(model: str, tau2: str) -> None:
    found = data(
        "network", str(DATA / "smoking.csv"), "--measure", "or", "--model", model, "--tau2", tau2, "--reference", "A"
    )
    for key in ("tau2", "q", "df_q", "p_q", "i2", "q_within", "q_between", "effects", "ranking", "components"):
        assert key in found
    assert found["components"] == 1
    assert len(found["effects"]) == 3
    for row in found["effects"]:
        assert {"treat1", "treat2", "te", "se", "lower", "upper", "p"} <= set(row)
        assert row["treat2"] == "A"
    assert {frozenset(row) for row in found["ranking"]} == {frozenset({"treatment", "p_score"})}


@pytest.mark.parametrize("tau2", ["dl", "pm", "reml", "ml", "hs", "sj", "eb"])
@pytest.mark.parametrize("test", ["z", "knha"])
def test_pairwise_keys(tau2: str, test: str) -> None:
    found = data("pairwise", str(DATA / "bcg.csv"), "--measure", "rr", "--tau2", tau2, "--test", test)
    keys = ("k", "te", "se", "lower", "upper", "tau2", "q", "p_q", "i2", "h2", "prediction_lower", "prediction_upper")
    for key in keys:
        assert isinstance(found[key], int | float), key
    assert len(found["studies"]) == found["k"] == 13


def test_ratios_are_logarithms() -> None:
    found = data("pairwise", str(DATA / "bcg.csv"), "--measure", "rr")
    assert found["te"] == pytest.approx(-0.7145, abs=1e-4)
    assert math.exp(found["te"]) == pytest.approx(0.489, abs=1e-3)


def test_continuous_and_contrast_tables() -> None:
    assert data("network", str(DATA / "senn2013.csv"), "--measure", "md", "--reference", "plac")["components"] == 1
    assert data("pairwise", str(DATA / "normand1999.csv"), "--measure", "smd")["k"] == 9


def test_pieces(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("study,treatment,events,n\n1,a,3,20\n1,b,5,20\n2,c,3,20\n2,d,9,20\n")
    found = data("network", str(path))
    assert found["components"] == 2
    assert [p["treatments"] for p in found["pieces"]] == [["a", "b"], ["c", "d"]]
    assert {(e["treat1"], e["treat2"]) for e in found["effects"]} == {("a", "b"), ("c", "d")}


def test_refused_input_leaves_with_three(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("study,treatment,events,n\n1,a,30,20\n1,b,-5,20\n")
    for command in ("network", "pairwise"):
        result = run(command, str(path), "--format", "json")
        assert result.exit_code == 3
        assert result.stdout == ""
        assert "row 1" in result.stderr
        assert "row 2" in result.stderr
        assert "Traceback" not in result.stderr
        assert run(command, str(tmp_path / "none.csv")).exit_code == 3


def test_wrong_use_leaves_with_two(tmp_path: Path) -> None:
    smoking = str(DATA / "smoking.csv")
    for words in (
        ["network", smoking, "--measure", "xx"],
        ["network", smoking, "--reference", "nobody"],
        ["network", smoking, "--tau2", "magic"],
        ["network", smoking, "--format", "xml"],
        ["network", smoking, "--output", str(tmp_path / "no" / "where.json")],
        ["pairwise", smoking],
        ["pairwise", smoking, "--test", "u"],
        ["network"],
        ["network", smoking, "--nonsense"],
    ):
        assert run(*words).exit_code == 2, words


def test_all_further_analyses() -> None:
    found = data(
        *["pairwise", str(DATA / "bcg.csv"), "--measure", "rr", "--leave-one-out", "--cumulative", "year"],
        *["--subgroup", "alloc", "--moderator", "ablat", "--egger", "--peters", "--trim-fill"],
    )
    keys = {"leave_one_out", "cumulative", "subgroups", "meta_regression", "egger", "peters", "trim_fill"}
    assert keys <= set(found)
    found = data(
        *["network", str(DATA / "senn2013.csv"), "--measure", "md", "--split", "--contributions", "--heat", "--ranks"]
    )
    assert {"split", "contributions", "heat", "ranks"} <= set(found["pieces"][0])


def test_text_csv_files_and_pictures(tmp_path: Path) -> None:
    bcg, senn = str(DATA / "bcg.csv"), str(DATA / "senn2013.csv")
    assert "0.489 (0.344 to 0.696)" in run("pairwise", bcg, "--measure", "rr").stdout
    assert run("pairwise", bcg, "--format", "csv").stdout.startswith("study,")
    assert run("network", senn, "--measure", "md", "--format", "csv").stdout.startswith("treat1,")
    out = tmp_path / "o.json"
    assert run("pairwise", bcg, "--format", "json", "-o", str(out)).stdout == ""
    assert json.loads(out.read_text())["k"] == 13
    run("pairwise", bcg, "--forest", str(tmp_path / "f.svg"), "--funnel", str(tmp_path / "u.svg"))
    run("network", senn, "--measure", "md", "--plots", str(tmp_path / "p"))
    names = {p.name for p in tmp_path.rglob("*.svg")}
    assert {"f.svg", "u.svg", "network.svg", "netheat.svg", "rankogram.svg", "contributions.svg"} <= names


def test_update(tmp_path: Path) -> None:
    assert run("update", str(tmp_path / "none.yaml")).exit_code == 3
    assert run("update", str(tmp_path), "--format", "json").exit_code == 2


def test_importing_is_cheap() -> None:
    heavy = "('numpy', 'scipy', 'polars')"
    code = f"import sys, remit.evidence, remit.surfaces.cli.evidence; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
