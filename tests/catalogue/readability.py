"""The school grade of a plain text by Flesch and Kincaid; syllables by hyphenation, so that nothing is downloaded."""

from __future__ import annotations

import re
from functools import cache

import pyphen


@cache
def _dictionary() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US", left=1, right=1)


def syllables(word: str) -> int:
    """Syllables of a word, at least one; a number counts as one word of two."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    return len(_dictionary().positions(letters)) + 1 if letters else 2


def grade(text: str) -> float:
    """0.39 words per sentence + 11.8 syllables per word - 15.59."""
    sentences = [s for s in re.split(r"[.!?:;]+(?:\s|$)", text) if s.strip()]
    words = re.findall(r"[A-Za-z0-9'.,-]*[A-Za-z0-9]", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
