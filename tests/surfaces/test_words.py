"""Words that may not be said, on every page; reading grade and content of the visit page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from remit.knowledge import load_knowledge
from remit.knowledge.text import Plural, load_text
from surfaces.running import EXAMPLES, ROOT, TWO_FAILURES, failure, remit, with_item_9, write

BANNED = (
    r"risk[- ](score|level|colou?r|categor)",
    r"(low|lower|medium|moderate|high|higher)[- ]risk",
    r"risk is (low|high)",
    r"safe for you",
    r"best treatment",
    r"failed patient",
    r"patient[s]? (who )?failed",
    r"you failed",
    r"treatment failure",
    r"commit(ted)? suicide",
    r"failed attempt",
    r"successful suicide",
    r"recommend(s|ed)?\b",
    r"beyond help",
)
FILES = ("history.yaml", "history.csv", "safety.yaml")
PAGES = [
    *(("assess", EXAMPLES / name, "--mode", mode, "--format", form)
      for name in FILES for mode in ("clinician", "visit") for form in ("text", "json")),
    *(("explain", EXAMPLES / "history.yaml", "--definition", d) for d in ("fda", "maudsley", "thase_rush")),
    ("score", "phq9", *"322122110"),
    ("score", "phq9", *"322122111"),
    ("score", "asq", *"00000"),
    ("score", "ham_d17", *"11111111111111111"),
    ("definitions",),
    ("--help",),
    ("assess", "--help"),
]  # fmt: skip


@pytest.mark.parametrize("args", PAGES, ids=lambda a: " ".join(str(x).rsplit("/", 1)[-1] for x in a))
def test_no_page_says_what_may_not_be_said(args: tuple[object, ...]) -> None:
    done = remit(*args)
    assert done.code == 0, done.err
    text = " ".join(done.out.split()).lower()
    for words in BANNED:
        assert not re.search(words, text), words


def test_no_sentence_says_what_may_not_be_said() -> None:
    for key, sentence in load_text().sentences.items():
        told = f"{sentence.one} {sentence.many}" if isinstance(sentence, Plural) else sentence
        for words in BANNED:
            assert not re.search(words, told.lower()), key


@pytest.mark.parametrize("mode", ["clinician", "visit"])
@pytest.mark.parametrize("width", [80, 120])
def test_every_page_fits_and_says_mode_date_and_limits(mode: str, width: int) -> None:
    for name in FILES:
        done = remit("assess", EXAMPLES / name, "--mode", mode, width=width)
        assert max(map(len, done.out.splitlines())) <= width
        text = " ".join(done.out.split())
        knowledge = load_knowledge()
        assert "Mode: clinician" in text if mode == "clinician" else "Mode: visit preparation" in text
        for told in (
            knowledge.version,
            "Not advice, not a prescription, not a diagnosis.",
            "Do not start, stop or change any medicine because of this page.",
            "No one is monitoring what you enter.",
            "Unknown answers are treated as unknown, not as safe.",
            "If you may act on thoughts of suicide, call",
            "Labels and cover rules change.",
        ):
            assert told in text


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end."""
    plain = word.lower()
    groups = len(re.findall(r"[aeiouy]+", plain))
    is_silent = plain.endswith("e") and not plain.endswith(("le", "ee")) and groups > 1
    return max(1, groups - is_silent)


def grade(text: str) -> float:
    """Flesch-Kincaid grade: 0.39 words a sentence + 11.8 syllables a word - 15.59."""
    sentences = [s for s in re.split(r"[.!?:;\n]+", text) if re.search(r"[A-Za-z]{2}", s)]
    words = re.findall(r"[A-Za-z][A-Za-z'-]*", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_the_formula_knows_easy_from_hard() -> None:
    assert grade("The cat sat on the mat. It was warm. He had a nap.") < 2
    hard = "Pharmacological augmentation necessitates comprehensive multidisciplinary consideration of tolerability."
    assert grade(hard) > 15


@pytest.mark.parametrize("name", FILES)
def test_the_visit_page_reads_at_grade_8_or_below(name: str) -> None:
    text = remit("assess", EXAMPLES / name, "--mode", "visit", width=120).out
    unwrapped = re.sub(r"\n(?!- )", " ", re.sub(r"[─━┃┏┓┗┛]+", "\n", text))
    assert grade(unwrapped) <= 8


def test_the_sentences_for_a_visit_read_at_grade_8_or_below() -> None:
    said = [s for k, s in load_text().sentences.items() if k.startswith(("visit.", "question.")) and isinstance(s, str)]
    assert grade("\n".join(re.sub(r"\{\w+\}", "it", s) for s in said)) <= 8


def test_the_visit_page_names_no_dose_and_ranks_nothing() -> None:
    for name in FILES:
        page = remit("assess", EXAMPLES / name, "--mode", "visit").out
        (*_, said) = remit("assess", EXAMPLES / name, "--mode", "visit", "--format", "json")[:2]
        for text in (page, re.sub(r'"failed_[a-z_]+"', "", said)):  # ids are no prose
            assert not re.search(r"\d\s*mg\b", text)
            assert not re.search(r"\bfail", text, re.IGNORECASE)
            assert not re.search(r"first choice|second choice|\brank", text, re.IGNORECASE)


def test_questions_to_bring_come_from_what_is_missing(tmp_path: Path) -> None:
    treatments = [TWO_FAILURES["treatments"][0], failure("venlafaxine", "2024-07-01", "2025-01-31", None)]
    path = write(tmp_path, TWO_FAILURES | {"treatments": treatments})
    text = " ".join(remit("assess", path, "--mode", "visit").out.split())
    assert "How much venlafaxine did I take each day, and when did it change?" in text
    assert "How much sertraline" not in text
    assert "a treatment that did not help" in text
    assert "How much venlafaxine" not in remit("assess", write(tmp_path, TWO_FAILURES), "--mode", "visit").out


def test_the_panel_stays_in_sight_on_the_visit_page(tmp_path: Path) -> None:
    text = remit("assess", write(tmp_path, with_item_9(1)), "--mode", "visit").out.rstrip()
    assert text.splitlines()[-1] == "If you may act on thoughts of suicide, call 988 now."


def test_every_sentence_has_a_place() -> None:
    """No key of the text files is left over: it, or what it begins with, stands in the code."""
    written = (p for p in (ROOT / "src" / "remit").rglob("*") if p.suffix in (".py", ".html"))
    code = "\n".join(p.read_text(encoding="utf-8") for p in written)
    code = code.replace("'", '"')
    for key in load_text().sentences:
        steps = key.split(".")
        whole = [key, key.removeprefix("visit.")]
        begun = [".".join(k.split(".")[:n]) + ".{" for k in whole for n in range(1, len(steps))]
        begun += [k[: i + 1] + "{" for k in whole for i, letter in enumerate(k) if letter == "_"]
        assert any(f'"{k}"' in code for k in whole) or any(f'"{b}' in code for b in begun), key


def test_a_sentence_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        load_text().say("no.such.sentence")
