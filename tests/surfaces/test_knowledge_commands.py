"""`definitions`, `knowledge check`, `knowledge show`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from remit.checking import check_course
from remit.knowledge import load_knowledge
from remit.knowledge.load import package_dir
from surfaces.running import remit


def test_definitions_are_listed_with_sources_and_marks() -> None:
    text = " ".join(remit("definitions").out.split())
    for definition in load_knowledge().definitions:
        assert f"{definition.id} {definition.name}" in text
        assert all(source in text for source in definition.sources)
    assert "[partly verified]" in text
    listed = remit("definitions", "--format", "json").json["definitions"]
    assert {"fda", "esketamine_program", "ema", "eu_esketamine_label", "sforzini_2022", "rybak_2021"} <= {
        d["id"] for d in listed
    }


def test_one_definition_in_full() -> None:
    text = remit("definitions", "maudsley").out
    assert "verified: fekadu2018" in text
    assert "Citations" in text


@pytest.mark.parametrize(
    "name",
    ["sertraline", "ect", "remit_default", "fda", "phq9", "fekadu2018", "bipolar", "ssri", "tsh", "policy", "Zoloft"],
)
def test_any_entry_can_be_shown(name: str) -> None:
    done = remit("knowledge", "show", name)
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) > 3
    assert remit("knowledge", "show", name, "--format", "json").json[0]["id"]


def test_an_unknown_id_gets_suggestions() -> None:
    done = remit("knowledge", "show", "sertralin_x")
    assert done.code == 2
    assert "sertraline" in done.err


def test_our_knowledge_is_sound() -> None:
    done = remit("knowledge", "check", "--format", "json")
    assert done.code == 0, done.err
    knowledge = load_knowledge()
    assert done.json["counts"]["treatments"] == len(knowledge.treatments)
    course = (*knowledge.course.measures.values(), *knowledge.course.algorithms.values())
    with_cases = (*knowledge.definitions, *knowledge.checks, *knowledge.eligibility.values(), *course)
    assert done.json["counts"]["cases"] == sum(len(e.cases) for e in with_cases)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's own definition: FDA under another name, two failures by its own count."""
    folder = tmp_path / "site"
    (folder / "definitions").mkdir(parents=True)
    target = folder / "definitions" / "site_two.yaml"
    shutil.copy(package_dir() / "definitions" / "fda.yaml", target)
    target.write_text(
        target.read_text().replace("id: fda", "id: site_two").replace("family: regulatory", "family: site")
    )
    return folder


def test_a_site_s_own_definition_stands_beside_ours(site: Path) -> None:
    assert remit("knowledge", "check", "--knowledge", site).code == 0
    assert "site_two" in remit("definitions", "--knowledge", site).out


def test_a_worked_case_that_does_not_come_out_is_a_fault(site: Path) -> None:
    path = site / "definitions" / "site_two.yaml"
    path.write_text(path.read_text().replace("at_least: 2", "at_least: 3", 1))
    done = remit("knowledge", "check", "--knowledge", site)
    assert (done.code, done.out) == (3, "")
    assert "two failures of 42 days" in done.err
    assert len(done.err.splitlines()) > 3  # several cases turn on the threshold, and all are listed


class Changed:
    """An object with some attributes in place of its own."""

    def __init__(self, real: object, **given: object) -> None:
        self.__dict__.update(real=real, **given)

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)  # type: ignore[attr-defined]


def test_worked_cases_of_the_course_run_too() -> None:
    """One case wrong by a day, and one branch of the table wrong."""
    knowledge = load_knowledge()
    own, table = knowledge.course.measures["phq9"], knowledge.course.algorithms["stable"]
    wrong = own.cases[0].model_copy(update={"events": ("provisional 43", "confirmed 56")})
    flipped = table.cases[0].model_copy(update={"expect": "two"})
    course = Changed(
        knowledge.course,
        measures=knowledge.course.measures | {"phq9": own.model_copy(update={"cases": (wrong, *own.cases[1:])})},
        algorithms={"stable": table.model_copy(update={"cases": (flipped, *table.cases[1:])})},
    )
    assert check_course(knowledge) == []
    faults = [str(fault) for fault in check_course(Changed(knowledge, course=course))]  # type: ignore[arg-type]
    assert len(faults) == 2
    assert "exactly half is a response" in faults[0]
    assert "stable: case 1" in faults[1]


def test_a_file_that_cannot_load_is_refused_with_every_fault(site: Path) -> None:
    path = site / "definitions" / "site_two.yaml"
    path.write_text(
        path.read_text().replace("verified: partly\nadequacy", "adequacy").replace("scope: episode", "scope: x")
    )
    done = remit("assess", "examples/history.yaml", "--knowledge", site)
    assert (done.code, done.out) == (3, "")
    assert "verified" in done.err
    assert "scope" in done.err
