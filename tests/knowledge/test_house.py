"""The rules of the house: facts live in the knowledge, logic in the code, and nobody calls home."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from remit.knowledge.checks import sources_of
from remit.knowledge.library import MANY, Library
from remit.knowledge.load import load_knowledge, package_dir, read_library
from remit.knowledge.parts import PARTS

ROOT = Path(__file__).parents[2]
CODE = ROOT / "src" / "remit"
HERE = package_dir()

GENERAL_WORDS = {
    "depression": "the condition that all of this is about; also the name of a set of conditions",
    "mdd": "the condition that all of this is about: what an episode is, and what a regulator approves a drug for",
    "psychotherapy": "a role and a kind of treatment; also the name of a treatment and of a class",
    "herbal": "a role; also the name of a class",
    "suicidality": "what the crisis panel is about; also the name of a condition",
    "psychedelic": "a category of the catalogue; also the name of a class",
    "pregnancy": "a population of the catalogue; also the name of a condition",
    "breastfeeding": "a population of the catalogue; also the name of a condition",
    "bipolar": "a population of the catalogue; also the name of a set of conditions",
    "stroke": "a line in a picture; also the name of a condition",
    "alt": "the text that stands for a picture; also the name of a laboratory value",
}
"""Ids of the knowledge that are words of the language too, with the reason why the code may hold them."""

LONG_MODULES: dict[str, str] = {}
MAX_LINES = 300

SINGLE_FILES = ("classes", "conditions", "observables", "policy", "cohort")
FOLDERS_NOT_MODELS = {"text", "cases", "evidence"}
"""Folders of the knowledge that have readers of their own."""

WAITING = {
    "carmody2006", "cn_qids_madrs", "furukawa2019", "gaynes2020", "gronemann", "hazari2013", "kubitz2013",
    "leucht2018", "lundberg2022", "optummort", "oquendo2003", "peeters2016", "sackeim2019", "sackeim2024",
    "vittengl2013",
}  # fmt: skip
"""Sources that were read for definitions, tables and conversions that are not in the knowledge yet."""


@cache
def library() -> Library:
    return read_library([HERE])


def modules() -> list[Path]:
    return sorted(CODE.rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(CODE).as_posix()


# --- facts live in the knowledge
def literals(path: Path) -> Iterator[tuple[int, str]]:
    """String literals of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def ids_of_facts() -> set[str]:
    known = library()
    return {*known.treatments, *known.classes, *known.instruments, *known.conditions, *known.observables}


def test_no_treatment_class_scale_or_condition_in_the_code() -> None:
    banned = ids_of_facts() - set(GENERAL_WORDS)
    found = [f"{place(path)}:{line} {text}" for path in modules() for line, text in literals(path) if text in banned]
    assert found == []


def test_no_name_of_a_drug_in_the_words_of_the_code() -> None:
    """Nor within a longer string: a name of a drug in a sentence is a fact in the wrong place."""
    drugs = {t.id for t in library().treatments.values() if t.kind == "drug"}
    found = [
        f"{place(path)}:{line} {word}"
        for path in modules()
        for line, text in literals(path)
        for word in re.findall(r"[a-z_]{5,}", text.lower())
        if word in drugs
    ]
    assert found == []


def test_allowed_words_are_needed() -> None:
    used = {text for path in modules() for _, text in literals(path)}
    assert set(GENERAL_WORDS) <= used & ids_of_facts()


def test_no_number_without_a_name() -> None:
    """Ruff refuses bare numbers in comparisons everywhere but in tests, benchmarks and the formulas of evidence."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "PLR2004" in lint["select"]
    assert "PLR2004" not in lint.get("ignore", [])
    relaxed = {glob for glob, rules in lint["per-file-ignores"].items() if "PLR2004" in rules}
    assert relaxed <= {"tests/**", "benchmarks/**", "src/remit/evidence/**"}
    waived = [line for path in modules() for line in path.read_text(encoding="utf-8").splitlines() if "PLR2004" in line]
    assert [line.strip() for line in waived if "len(" not in line] == []  # how many there are of something: no fact


def test_the_knowledge_is_data_only() -> None:
    code = [p for p in HERE.rglob("*.py") if p.read_text(encoding="utf-8").strip()]
    assert code == []


# --- sources and files
def test_every_source_is_used() -> None:
    known = library()
    used: set[str] = set()
    for section in type(known).model_fields:
        if section != "sources":
            entries = getattr(known, section)
            used.update(
                *(sources_of(entry) for entry in (entries.values() if isinstance(entries, dict) else [entries]))
            )
    knowledge = load_knowledge()
    used.update(*(sources_of(entry) for section in PARTS for entry in knowledge.part(section).values()))
    for path in HERE.rglob("*"):
        if path.suffix == ".csv" or path.relative_to(HERE).parts[0] in FOLDERS_NOT_MODELS:
            used |= set(re.findall(r"[a-z0-9_]+", path.read_text(encoding="utf-8"))) if path.is_file() else set()
    assert set(known.sources) - used == WAITING


def test_every_file_is_read() -> None:
    """As many entries as files where a file is an entry; nothing lies where nothing looks."""
    known, knowledge = library(), load_knowledge()
    named = {**known.treatments, **known.rules, **known.definitions, **known.instruments}
    for path in HERE.rglob("*.yaml"):
        folder = path.relative_to(HERE).parts[0]
        if folder in ("drugs", "treatments", "adequacy", "definitions", "instruments"):
            assert path.stem in named, path
        elif folder in PARTS:
            assert PARTS[folder][0] == "many" or path.stem in knowledge.part(folder), path
        elif folder not in FOLDERS_NOT_MODELS:
            assert folder in (*MANY, "safety") or path.stem in SINGLE_FILES, path
    strays = [p for p in HERE.rglob("*") if p.is_file() and p.suffix not in (".yaml", ".csv", ".md", ".py", ".pyc")]
    assert [p.name for p in strays if p.name not in ("VERSION", "pooled.json")] == []


# --- structure
def test_the_import_contracts_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.is_file():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_modules_are_short() -> None:
    long = {place(p) for p in modules() if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES}
    assert long <= set(LONG_MODULES)
    assert all(LONG_MODULES.values())


def public(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and public methods of public classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def test_every_public_name_has_a_docstring() -> None:
    bare = [
        f"{place(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in public(ast.parse(path.read_text(encoding="utf-8")))
        if not ast.get_docstring(node)
    ]
    assert bare == []


def test_every_module_says_what_it_is() -> None:
    bare = [
        place(path)
        for path in modules()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert bare == []


# --- words and versions
WORDS = re.findall(
    r"\w+",
    "trial study episode course gap reach adequate failed response remission augmentation combination switch "
    "optimisation definition criterion finding verdict stage key id certain possible exposure class role feature rung "
    "ingredient",
)


def test_each_word_has_one_meaning() -> None:
    text = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    defined = re.findall(r"^\| \*\*(.+?)\*\* \|", text, flags=re.MULTILINE)
    assert len(defined) == len(set(defined))
    assert {*WORDS, "index date", "adequate run"} - set(defined) == set()


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    knowledge = (HERE / "VERSION").read_text(encoding="utf-8").strip()
    assert f"version: {project['version']}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", changes, flags=re.MULTILINE)[0] == f"{project['version']} (knowledge {knowledge})"


def test_every_recipe_is_explained() -> None:
    recipes = re.findall(
        r"^([a-z-]+)[^:=\n]*:(?!=)", (ROOT / "justfile").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in recipes if name != "default" and f"`just {name}`" not in told] == []


# --- nobody calls home
HOSTS = (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("jsdelivr", "net"), ("unpkg", "com"),
    ("cdnjs", "com"), ("cloudflare", "com"), ("googleapis", "com"), ("gstatic", "com"), ("conda", "io"),
    ("anaconda", "org"), ("crates", "io"), ("docker", "io"), ("ghcr", "io"), ("skypack", "dev"), ("esm", "sh"),
)  # fmt: skip
"""In pieces, so that this file does not hold them itself."""


def written() -> Iterator[tuple[Path, str]]:
    """Every text file of the tree, without what is built and installed."""
    skipped = {".git", ".venv", "__pycache__", "dist", "build", "node_modules", "data"}
    for path in ROOT.rglob("*"):
        parts = set(path.relative_to(ROOT).parts)
        if path.is_file() and not parts & skipped and not any(p.startswith(".") and p != ".ci" for p in parts):
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_registry_and_no_distant_script() -> None:
    hosts = re.compile(rf"(?<![a-z0-9-])({'|'.join(rf'{a}[.]{b}' for a, b in HOSTS)})")
    found = [
        f"{path.relative_to(ROOT)}: {host}" for path, text in written() for host in set(hosts.findall(text.lower()))
    ]
    assert found == []


def test_the_code_reaches_no_network() -> None:
    """No module of ours imports a client; what serves on this machine is a later surface's business."""
    clients = {"requests", "httpx", "urllib3", "aiohttp", "urllib.request", "http.client", "ftplib", "smtplib"}
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{place(path)}: {name}" for name in names if name in clients]
    assert found == []
