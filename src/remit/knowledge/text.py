"""Every sentence that a reader sees, by key, from `remit_knowledge/text/<language>/*.yaml`.

A key is the file's name and the path inside it: ``crisis.title`` is `title` in `crisis.yaml`. A sentence holds
``{names}`` that are filled in; one with `one` and `many` is chosen by ``n``.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from remit.errors import Fault, KnowledgeError
from remit.knowledge.base import KnowledgeModel
from remit.knowledge.cache import cache_file, read_cache, write_cache
from remit.knowledge.reading import package_dir, parsed


class Plural(KnowledgeModel):
    """A sentence that changes with a number ``n``."""

    one: str
    many: str


class Text(KnowledgeModel):
    """Sentences of one language."""

    language: str
    sentences: dict[str, str | Plural]

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key with its names filled in; KeyError if there is none."""
        sentence = self.sentences[key]
        if not isinstance(sentence, str):  # to ask whether it is a model takes as long as to fill it in
            sentence = sentence.one if values["n"] == 1 else sentence.many
        return sentence.format(**values)

    def names(self, key: str, name: str) -> bool:
        """Whether a name stands in the sentence of a key."""
        sentence = self.sentences[key]
        parts = (sentence.one, sentence.many) if isinstance(sentence, Plural) else (sentence,)
        return any(f"{{{name}}}" in part for part in parts)

    def has(self, key: str) -> bool:
        """Whether there is a sentence of that key."""
        return key in self.sentences


@cache
def load_text(language: str = "en") -> Text:
    """Sentences of a language, read once.

    Raises
    ------
    KnowledgeError
        With every entry that is neither a sentence nor a pair of `one` and `many`, or whose braces do not close.
    """
    folder = package_dir() / "text" / language
    paths = sorted(folder.glob("*.yaml"))
    name = f"text_{language}"
    kept = cache_file(name, paths)
    try:
        if content := read_cache(kept):
            return Text.model_validate_json(content)
    except ValidationError:
        kept = None
    text = _fresh(language, folder, paths)
    write_cache(name, kept, text.model_dump_json().encode())
    return text


def _fresh(language: str, folder: Path, paths: list[Path]) -> Text:
    sentences: dict[str, Any] = {}
    faults: list[Fault] = []
    for path in paths:
        place = f"text/{language}/{path.name}"
        for key, sentence in _flat(path.stem, parsed(path, place, faults)):
            if problem := _problem(sentence):
                faults.append(Fault(f"{place}: {key}", problem, "Write a sentence, or one and many."))
            sentences[key] = sentence
    if faults or not sentences:
        raise KnowledgeError(faults or [Fault(str(folder), "holds no sentences", "Restore it.")])
    try:
        return Text(language=language, sentences=sentences)
    except ValidationError as error:
        raise KnowledgeError([Fault(f"text/{language}", str(error), "Mend it.")]) from error


def _flat(prefix: str, data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict) and set(data) != set(Plural.model_fields):
        for key, value in data.items():
            yield from _flat(f"{prefix}.{key}", value)
    else:
        yield prefix, data


def _problem(sentence: Any) -> str | None:
    parts = list(sentence.values()) if isinstance(sentence, dict) else [sentence]
    if not all(isinstance(part, str) and part.strip() for part in parts):
        return "is no sentence"
    try:
        for part in parts:
            list(string.Formatter().parse(part))
    except ValueError:
        return "has braces that do not close"
    return None
