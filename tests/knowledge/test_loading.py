"""What a knowledge file may not do, said in one go; a site's own files beside ours; the cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.checking import check_cases
from remit.errors import KnowledgeError
from remit.knowledge import load_knowledge
from remit.knowledge.load import package_dir, read_library
from remit.knowledge.text import load_text

CITED = {"sources": ["remit"], "verified": "derived"}
TWO = {"id": "two", "feature": "failed", "at_least": 2, **CITED}


def definition(item_id: str = "own", **changes: Any) -> dict[str, Any]:
    """A sound definition of a site."""
    plain = {
        "id": item_id, "name": "Own", "family": "site", "shape": "count", "summary": "Two failures.",
        "plain": "Two medicines did not help.", "reviewed": "2026-11-22", "adequacy": "remit_default",
        "scope": "episode", "features": {"failed": {"count": "ingredient", "select": {"roles": ["antidepressant"]}}},
        "criteria": [TWO],
        "cases": [{
            "name": "one", "expect": {"status": "not_met", "value": 1},
            "trials": [{"treatment": "sertraline", "days": 42, "dose": 50, "outcome": "none"}],
        }],
        **CITED,
    }  # fmt: skip
    return {k: v for k, v in (plain | changes).items() if v is not None}


def score(bands: list[dict[str, Any]]) -> dict[str, Any]:
    item = {"id": "i", "feature": "failed", "bands": bands, **CITED}
    met = {"id": "m", "feature": "result", "at_least": 1, **CITED}
    return definition(shape="score", criteria=None, items=[item], met=met)


def drug(item_id: str = "novum", **changes: Any) -> dict[str, Any]:
    plain = {"id": item_id, "name": item_id, "kind": "drug", "class": "ssri", "role": "antidepressant", **CITED}
    return {k: v for k, v in (plain | changes).items() if v is not None}


def rule(item_id: str = "own_rule", **changes: Any) -> dict[str, Any]:
    plain = {
        "id": item_id, "name": "Own", "summary": "Own.", "reviewed": "2026-11-22",
        "doses": {"sertraline": {"mg": 100, **CITED}}, "min_weeks": {"value": 6, **CITED},
        "adherence_at_least": {"value": 0.8, **CITED}, "nonresponse": {"below_percent": 50, **CITED}, **CITED,
    }  # fmt: skip
    return {k: v for k, v in (plain | changes).items() if v is not None}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


SMALL: list[Path] = []
KEPT = (
    "policy.yaml", "cohort.yaml", "classes.yaml", "conditions.yaml", "adequacy/remit_4w.yaml", "drugs/sertraline.yaml",
    "drugs/paroxetine.yaml", "drugs/paroxetine_cr.yaml", "drugs/lithium.yaml", "treatments/ect.yaml",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A part of our own knowledge that stands by itself, because all of it takes half a second to read."""
    folder, ours = tmp_path_factory.mktemp("small"), package_dir()
    shutil.copytree(ours / "sources", folder / "sources")
    for place in KEPT:
        (folder / place).parent.mkdir(exist_ok=True)
        shutil.copy(ours / place, folder / place)
    default = yaml.safe_load((ours / "adequacy" / "remit_default.yaml").read_text(encoding="utf-8"))
    default["doses"] = {k: v for k, v in default["doses"].items() if (folder / "drugs" / f"{k}.yaml").is_file()}
    write(folder, "adequacy/remit_default.yaml", default)
    read_library([folder])
    SMALL[:] = [folder]


def write(site: Path, place: str, data: Any) -> Path:
    path = site / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data) if not isinstance(data, str) else data, encoding="utf-8")
    return path


def faults(site: Path, beside: Path | None = None) -> list[str]:
    """Every fault, as it is shown."""
    with pytest.raises(KnowledgeError) as caught:
        read_library([beside or SMALL[0], site])
    return [str(fault) for fault in caught.value.faults]


def only_fault(site: Path, beside: Path | None = None) -> str:
    found = faults(site, beside)
    assert len(found) == 1, found
    return found[0]


# --- what is sound
def test_a_site_may_add_files_in_folders(site: Path) -> None:
    write(site, "definitions/own.yaml", definition(adequacy="own_rule"))
    write(site, "adequacy/own_rule.yaml", rule())
    write(site, "drugs/novum.yaml", drug())
    write(site, "sources/own.yaml", {"own_paper": {"citation": "Own 2026", "kind": "own", "seen": "full text"}})
    knowledge = load_knowledge(site, use_cache=False)
    ours = load_knowledge(use_cache=False)
    assert {d.id for d in knowledge.definitions} == {d.id for d in ours.definitions} | {"own"}
    assert knowledge.treatments[knowledge.treatment_key("novum")].klass == "ssri"
    assert knowledge.sources["own_paper"].citation == "Own 2026"
    assert knowledge.minimum_doses(knowledge.rule_key("own_rule"))[knowledge.treatment_key("sertraline")] == 100


def test_a_bare_definition_file_is_enough(site: Path) -> None:
    write(site, "own.yaml", definition())
    knowledge = load_knowledge(site, use_cache=False)
    own = knowledge.library.definitions["own"]
    assert check_cases(own, knowledge) == []


def test_a_worked_case_of_a_site_that_does_not_hold_is_found(site: Path) -> None:
    wrong = definition()
    wrong["cases"][0]["expect"] = {"status": "met"}
    write(site, "own.yaml", wrong)
    knowledge = load_knowledge(site, use_cache=False)
    found = check_cases(knowledge.library.definitions["own"], knowledge)
    assert [f.problem for f in found] == ["status is not_met, expected met"]


def test_an_empty_folder_changes_nothing(site: Path) -> None:
    assert read_library([SMALL[0], site]) == read_library([SMALL[0]])


# --- what is refused
@pytest.mark.parametrize(
    ("place", "data", "parts"),
    [
        ("drugs/novum.yaml", drug(sources=None), ["novum.yaml: sources", "needs its sources"]),
        ("drugs/novum.yaml", drug(sources=[]), ["novum.yaml: sources", "needs its sources"]),
        ("drugs/novum.yaml", drug(verified=None), ["novum.yaml: verified", "how well it was verified"]),
        (
            "adequacy/own_rule.yaml",
            rule(doses={"sertraline": {"mg": 100, "verified": "no"}}),
            ["doses.sertraline.sources", "needs its sources"],
        ),
        ("adequacy/own_rule.yaml", rule(min_weeks=6), ["min_weeks"]),
        (
            "definitions/own.yaml",
            definition(criteria=[{"id": "two", "feature": "failed", "at_least": 2}]),
            ["criteria.0.sources"],
        ),
    ],
)
def test_a_value_without_a_source(site: Path, place: str, data: Any, parts: list[str]) -> None:
    write(site, place, data)
    found = "\n".join(faults(site))
    for part in parts:
        assert part in found


@pytest.mark.parametrize(
    ("data", "spot", "allowed"),
    [
        (definition(scoope="episode"), "own.yaml: scoope", ["scope", "criteria", "cases"]),
        (definition(criteria=[{**TWO, "at_leest": 1}]), "criteria.0.at_leest", ["at_least", "more_than", "feature"]),
        (
            definition(cases=[{"name": "x", "trials": [{"treatment": "sertraline", "dosis": 1}], "expect": {}}]),
            "cases.0.trials.0.dosis",
            ["dose", "sessions", "outcome"],
        ),
    ],
)
def test_an_unknown_key_names_the_allowed_ones(site: Path, data: Any, spot: str, allowed: list[str]) -> None:
    write(site, "definitions/own.yaml", data)
    (found,) = (fault for fault in faults(site) if spot in fault)
    listed = found.partition("Allowed here: ")[2].rstrip(".").split(", ")
    assert set(allowed) <= set(listed)


def case(**given: Any) -> list[dict[str, Any]]:
    trial = {"treatment": "sertraline", "days": 42, "dose": 50, **given.pop("trial", {})}
    return [{"name": "one", "trials": [trial], "expect": {"status": "not_met"}, **given}]


def selecting(**select: Any) -> dict[str, Any]:
    return definition(features={"failed": {"count": "ingredient", "select": select}})


@pytest.mark.parametrize(
    ("place", "data", "told"),
    [
        ("drugs/novum.yaml", drug(sources=["nowhere"]), "source 'nowhere'"),
        ("drugs/novum.yaml", drug(**{"class": "nowhere"}), "class 'nowhere'"),
        ("drugs/novum.yaml", drug(ingredient="nowhere"), "treatment 'nowhere'"),
        ("drugs/novum.yaml", drug(components=["sertraline", "nowhere"]), "treatment 'nowhere'"),
        ("adequacy/own_rule.yaml", rule(doses={"nowhere": {"mg": 1, **CITED}}), "treatment 'nowhere'"),
        ("adequacy/own_rule.yaml", rule(sessions={"nowhere": {"sessions": 1, **CITED}}), "treatment 'nowhere'"),
        ("adequacy/own_rule.yaml", rule(doses=None, doses_of="nowhere"), "adequacy rule 'nowhere'"),
        (
            "adequacy/own_rule.yaml",
            rule(min_weeks={"value": 6, "sources": ["nowhere"], "verified": "no"}),
            "source 'nowhere'",
        ),
        ("definitions/own.yaml", definition(adequacy="nowhere"), "adequacy rule 'nowhere'"),
        ("definitions/own.yaml", definition(excludes=["nowhere"]), "condition 'nowhere'"),
        ("definitions/own.yaml", selecting(treatments=["nowhere"]), "treatment 'nowhere'"),
        ("definitions/own.yaml", selecting(classes=["nowhere"]), "class 'nowhere'"),
        ("definitions/own.yaml", selecting(not_classes=["nowhere"]), "class 'nowhere'"),
        ("definitions/own.yaml", definition(cases=case(trial={"treatment": "nowhere"})), "treatment 'nowhere'"),
        ("definitions/own.yaml", definition(cases=case(trial={"augments": "nowhere"})), "treatment 'nowhere'"),
        ("definitions/own.yaml", definition(cases=case(conditions=["nowhere"])), "condition 'nowhere'"),
        (
            "conditions.yaml",
            {"own_condition": {"name": "Own", "part_of": ["nowhere"], **CITED}},
            "condition 'nowhere'",
        ),
    ],
)
def test_an_id_that_does_not_resolve(site: Path, place: str, data: Any, told: str) -> None:
    path = write(site, place, data)
    found = only_fault(site)
    assert f"{told} is not known" in found
    assert str(path) in found


@pytest.mark.parametrize(
    ("bands", "told"),
    [
        ([{"up_to": 1, "points": 2}, {"points": 1}], "non-monotone"),
        ([{"up_to": 2, "points": 0}, {"up_to": 2, "points": 1}, {"points": 2}], "must rise"),
        ([{"up_to": 3, "points": 0}, {"up_to": 2, "points": 1}, {"points": 2}], "must rise"),
        ([{"up_to": 1, "points": 0}, {"up_to": 2, "points": 1}], "must be open"),
        ([{"points": 0}, {"points": 1}], "must be open"),
    ],
)
def test_bands_that_fall_or_leave_a_hole(site: Path, bands: list[dict[str, Any]], told: str) -> None:
    write(site, "definitions/own.yaml", score(bands))
    assert told in only_fault(site)


def test_bands_of_an_instrument_may_not_leave_a_hole(site: Path) -> None:
    ours = yaml.safe_load((package_dir() / "instruments" / "phq9.yaml").read_text(encoding="utf-8"))
    ours["id"] = "own_scale"
    ours["bands"]["bands"][1]["low"] += 1
    write(site, "instruments/own_scale.yaml", ours)
    assert "hole or overlap" in only_fault(site)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (definition(criteria=[{**TWO, "more_than": 1}]), "exactly one of at_least and more_than"),
        (definition(criteria=[{**TWO, "feature": "nothing"}]), "features not declared: nothing"),
        (definition(shape="ladder"), "shape ladder needs its own part"),
        (definition(cases=[]), "cases"),
        (definition(features={"failed": {"count": "ingredient"}, "idle": {"count": "class"}}), "not used: idle"),
        (
            definition(features={"failed": {"count": "ingredient", "state": "dose_optimised"}}, adequacy="remit_4w"),
            "dose_optimised needs dose_optimised_ratio in rule remit_4w",
        ),
    ],
)
def test_a_shape_that_is_not_whole(site: Path, data: Any, told: str) -> None:
    write(site, "definitions/own.yaml", data)
    assert any(told in fault for fault in faults(site))


def test_doses_may_be_borrowed_once(site: Path) -> None:
    write(site, "adequacy/own_rule.yaml", rule(doses=None, doses_of="remit_4w"))
    assert "borrows doses from remit_4w, which borrows too" in only_fault(site)


def test_a_form_of_a_form(site: Path) -> None:
    write(site, "drugs/novum.yaml", drug(ingredient="paroxetine_cr"))
    assert "paroxetine_cr is itself a form" in only_fault(site)


# --- ids and files
def test_an_id_that_repeats_ours(site: Path) -> None:
    write(site, "definitions/fda.yaml", definition("fda"))
    found = only_fault(site, package_dir())
    assert "fda is already in definitions/fda.yaml" in found
    assert "never reused" in found


def test_an_id_that_repeats_ours_in_a_bare_file(site: Path) -> None:
    write(site, "fda.yaml", definition("fda"))
    assert "fda is already in definitions/fda.yaml" in only_fault(site, package_dir())


def test_an_id_twice_in_a_site(site: Path) -> None:
    write(site, "definitions/own.yaml", definition())
    write(site, "own.yaml", definition())
    assert "own is already in" in only_fault(site)


def test_a_source_that_repeats_ours(site: Path) -> None:
    write(site, "sources/own.yaml", {"remit": {"citation": "x", "kind": "own", "seen": "x"}})
    assert "remit is already in sources/" in only_fault(site, package_dir())


def test_a_file_named_otherwise_than_its_id(site: Path) -> None:
    write(site, "definitions/mine.yaml", definition("own"))
    found = only_fault(site)
    assert "its id is 'own'" in found
    assert "or the id mine" in found


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"id: [own\nname: x\n", "is not YAML"),
        (b"id: own\n\tname: x\n", "is not YAML"),
        ("name: Größe".encode("latin-1"), "is not UTF-8"),
        (b"", "is empty"),
        (b"# nothing but a remark\n", "is empty"),
        (b"just a word\n", "own.yaml"),
        (b"- a\n- list\n", "own.yaml"),
    ],
)
def test_a_file_that_cannot_be_read(site: Path, content: bytes, told: str) -> None:
    (site / "definitions").mkdir()
    (site / "definitions" / "own.yaml").write_bytes(content)
    assert told in only_fault(site)


def test_where_the_syntax_breaks_is_told(site: Path) -> None:
    write(site, "definitions/own.yaml", "id: own\nname: x\nshape: [count\ncases: 1\n")
    assert "own.yaml:4" in only_fault(site)


def test_a_folder_that_nothing_is_read_from(site: Path) -> None:
    write(site, "definition/own.yaml", definition())
    found = only_fault(site)
    assert "nothing is read from 'definition'" in found
    assert "definitions" in found


def test_a_list_where_a_mapping_is_asked(site: Path) -> None:
    write(site, "sources/own.yaml", ["a"])
    assert "not a mapping of id to entry" in only_fault(site)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    for given in ({"extra": tmp_path / "nowhere"}, {"codes_dir": tmp_path / "nowhere"}):
        with pytest.raises(KnowledgeError, match="is not a folder"):
            load_knowledge(**given)


def test_all_faults_of_all_files_at_once(site: Path) -> None:
    write(site, "definitions/one.yaml", definition("one", name=None, scoope="episode"))
    write(site, "definitions/two.yaml", "id: [two\n")
    write(site, "drugs/novum.yaml", drug(sources=None))
    (site / "drugs" / "third.yaml").write_bytes(b"\xff\xfe\xff")
    found = faults(site)
    assert len(found) == 5
    for part in ("one.yaml: name", "one.yaml: scoope", "two.yaml", "novum.yaml: sources", "third.yaml"):
        assert sum(part in fault for fault in found) == 1, part


def test_all_unresolved_ids_at_once(site: Path) -> None:
    write(site, "definitions/one.yaml", definition("one", adequacy="nowhere", excludes=["no_illness"]))
    write(site, "drugs/novum.yaml", drug(sources=["no_paper"]))
    assert len(faults(site)) == 3


def test_the_error_counts_its_faults_and_has_its_exit_code(site: Path) -> None:
    write(site, "drugs/novum.yaml", drug(sources=["a", "b"]))
    with pytest.raises(KnowledgeError, match="2 faults in the knowledge:") as caught:
        read_library([SMALL[0], site])
    assert caught.value.exit_code == 3


# --- cache
@pytest.fixture
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def kept(cache_home: Path) -> list[Path]:
    return sorted((cache_home / "remit").glob("knowledge-*.json"))


def test_the_same_with_and_without_cache(cache_home: Path, site: Path) -> None:
    write(site, "own.yaml", definition())
    plain = load_knowledge(site, use_cache=False)
    assert kept(cache_home) == []
    first = load_knowledge(site)
    assert len(kept(cache_home)) == 1
    second = load_knowledge(site)
    assert plain.library == first.library == second.library
    assert plain.version == second.version
    assert [d.id for d in plain.definitions] == [d.id for d in second.definitions]


def test_a_changed_file_is_read_again(cache_home: Path, site: Path) -> None:
    path = write(site, "own.yaml", definition())
    load_knowledge(site)
    write(site, "own.yaml", definition(name="Another name"))
    os.utime(path, ns=(1, 1))
    assert load_knowledge(site).library.definitions["own"].name == "Another name"


def test_a_new_file_is_seen(cache_home: Path, site: Path) -> None:
    load_knowledge(site)
    write(site, "own.yaml", definition())
    assert "own" in load_knowledge(site).library.definitions


def test_faults_are_never_kept(cache_home: Path, site: Path) -> None:
    write(site, "own.yaml", definition(adequacy="nowhere"))
    for _ in range(2):
        with pytest.raises(KnowledgeError):
            load_knowledge(site)
    assert kept(cache_home) == []


def test_a_corrupt_cache_is_ignored(cache_home: Path) -> None:
    plain = load_knowledge()
    (path,) = kept(cache_home)
    for content in (b"", b"\xff{", b'{"sources": 1}'):
        path.write_bytes(content)
        assert load_knowledge().library == plain.library


def test_a_cache_that_cannot_be_written_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder would be, a file lies: nobody, not even root, can write into it."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert load_knowledge().library == load_knowledge(use_cache=False).library
    assert blocked.read_text(encoding="utf-8") == "a file"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes where it may not")
def test_a_read_only_cache_folder(cache_home: Path) -> None:
    cache_home.mkdir()
    cache_home.chmod(0o500)
    assert load_knowledge().library == load_knowledge(use_cache=False).library
    assert list(cache_home.iterdir()) == []


def test_no_home_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    assert load_knowledge().definitions


# --- sentences
@pytest.fixture
def texts(cache_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sentences of our own, and no memory of those that were read."""
    folder = tmp_path / "ours" / "text" / "en"
    folder.mkdir(parents=True)
    (folder / "page.yaml").write_text("title: A title\ndays: {one: a day, many: '{n} days'}\n", encoding="utf-8")
    monkeypatch.setattr("remit.knowledge.text.package_dir", lambda: tmp_path / "ours")
    return folder


def read_text() -> Any:
    return load_text.__wrapped__("en").model_dump()["sentences"]


def test_sentences_are_the_same_from_the_cache(cache_home: Path, texts: Path) -> None:
    wanted = {"page.title": "A title", "page.days": {"one": "a day", "many": "{n} days"}}
    assert read_text() == wanted
    (path,) = (cache_home / "remit").glob("text_en-*.json")
    assert read_text() == wanted
    path.write_text(path.read_text(encoding="utf-8").replace("A title", "Kept"), encoding="utf-8")
    assert read_text()["page.title"] == "Kept"  # it is the file of the cache that was read
    path.write_text("{", encoding="utf-8")
    assert read_text() == wanted


def test_a_changed_sentence_is_read_again(texts: Path) -> None:
    read_text()
    (texts / "page.yaml").write_text("title: Another\n", encoding="utf-8")
    assert read_text() == {"page.title": "Another"}


def test_faults_of_sentences_are_never_kept(cache_home: Path, texts: Path) -> None:
    (texts / "words.yaml").write_text("bad: 'open {brace'\nnone: 3\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(KnowledgeError, match="2 faults"):
            read_text()
    assert not cache_home.exists()
