"""What the documents show is what Remit says."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from remit.surfaces.cli.evidence import app

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
DOCUMENTS = sorted([*ROOT.glob("docs/how-to/evidence*.md"), *ROOT.glob("docs/tutorials/evidence*.md")])
CONSOLE = re.compile(r"```console\n\$ remit evidence (.*?)\n(.*?)```", re.DOTALL)


def test_there_are_documents() -> None:
    assert len(DOCUMENTS) >= 4


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_documents(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for source in DATA.glob("*.csv"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.chdir(tmp_path)
    text = path.read_text(encoding="utf-8")
    for command, shown in CONSOLE.findall(text):
        result = CliRunner().invoke(app, shlex.split(command.replace("\\\n", " ")))
        said = result.stdout + result.stderr
        for part in shown.split("...\n"):
            assert part.strip() in said, f"{path.name}: {command}\n{said}"
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    python = "\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(python, {}, path.name, str(path), 0)
    assert doctest.DocTestRunner(optionflags=flags).run(test).failed == 0
