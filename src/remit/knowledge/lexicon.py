"""Finds a known name in a text: whole, among other words, or misspelt. Never part of a word, and never silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from remit.knowledge.words import REFUSALS, core, fold, is_noise, spellings

How = Literal["id", "code", "name", "words", "spelling", "shared", "unknown"]
"""`id`, `code`, `name`: exactly that. `words`: a name among words that are not understood. `spelling`: one name is
within reach of a small misspelling. `shared`: several things bear the name, or several names were given."""

SHORT_WORD = 7  # letters up to which a misspelling may be one letter off, above it two
LEAST_LETTERS = 5  # a shorter name is found only where it stands alone: "SAMe" is not the word "same"
MAX_TOKENS = 40  # of a text that may hold a name; longer ones are prose
CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Match:
    """What a text was found to name.

    Attributes
    ----------
    ids : tuple of str
        One id, or none.
    how : str
        How it was found; see `How`.
    candidates : tuple of str
        Ids that it may have meant, where there is none or more than one.
    """

    ids: tuple[str, ...]
    how: How
    candidates: tuple[str, ...] = ()


class Lexicon:
    """Names of one kind of thing.

    Parameters
    ----------
    names : mapping of str to iterable of str
        Names, synonyms and brands by id.
    parts : mapping of str to set of str, optional
        Ids that an id holds (components of a combination, ingredient of a form): where both are named, it wins.
    """

    def __init__(self, names: Mapping[str, Iterable[str]], parts: Mapping[str, frozenset[str]] | None = None) -> None:
        self._names: dict[tuple[str, ...], set[str]] = {}
        self._compact: dict[str, set[str]] = {}
        self._parts = dict(parts or {})
        self._combined = {p: i for i, p in self._parts.items() if len(p) > 1}
        self._cache: dict[str, Match] = {}
        for item, spelled in names.items():
            for name in [item, *(part for listed in spelled for part in spellings(listed))]:
                if tokens := fold(name):
                    self._names.setdefault(tokens, set()).add(item)
                    self._compact.setdefault("".join(tokens), set()).add(item)
        self._ids = set(names)
        self._longest = max((len(t) for t in self._names), default=0)
        self._flat = {" ".join(tokens): ids for tokens, ids in self._names.items()}

    def find(self, text: str) -> Match:
        """What `text` names; remembered, because records repeat themselves."""
        known = self._cache.get(text)
        if known is None:
            known = self._cache[text] = self._find(text)
        return known

    def _find(self, text: str) -> Match:
        if text in self._ids:
            return Match((text,), "id")
        tokens = fold(text)
        if not tokens or len(tokens) > MAX_TOKENS:
            return Match((), "unknown")
        for part in (tokens, core(tokens)):
            if ids := self._names.get(part) or self._compact.get("".join(part)):
                return self._settle([ids], "name")
        if found := self._among(tokens):
            return found
        return self._near(" ".join(core(tokens) or tokens))

    def _among(self, tokens: tuple[str, ...]) -> Match | None:
        """Longest names that stand in the text as whole words."""
        spans: list[set[str]] = []
        rest: list[str] = []
        at = 0
        while at < len(tokens):
            for n in range(min(self._longest, len(tokens) - at), 0, -1):
                ids = self._names.get(tokens[at : at + n])
                if ids and len("".join(tokens[at : at + n])) >= LEAST_LETTERS:
                    spans.append(ids)
                    at += n
                    break
            else:
                rest.append(tokens[at])
                at += 1
        if not spans:
            return None
        if REFUSALS.intersection(rest):
            return Match((), "unknown", tuple(sorted(set().union(*spans))))
        return self._settle(spans, "name" if all(is_noise(t) for t in rest) else "words")

    def _settle(self, spans: list[set[str]], how: How) -> Match:
        """One id out of the names that were found, if they agree."""
        common = set.intersection(*spans)
        everything = set().union(*spans)
        whole = [i for i in sorted(everything) if self._parts.get(i) and everything - {i} <= self._parts[i]]
        combined = self._combined.get(frozenset(everything))
        if len(common) == 1:
            return Match(tuple(common), how)
        if len(spans) > 1 and len(whole) == 1:
            return Match((whole[0],), how)
        if combined and all(len(s) == 1 for s in spans):
            return Match((combined,), how)
        return Match((), "shared", tuple(sorted(common or everything)))

    def _near(self, text: str) -> Match:
        from rapidfuzz.distance import OSA  # a name that is spelt as it should be never comes here

        allowed = 1 if len(text) <= SHORT_WORD else 2
        reach = min(max(allowed + 1, len(text) // 3), len(text) // 2)
        best: dict[str, int] = {}
        begun: set[str] = set()  # a slip hardly ever hits the first letter; a prefix (es-, des-, levo-) always does
        for name, ids in self._flat.items():
            if abs(len(name) - len(text)) > reach:
                continue
            distance = OSA.distance(text, name, score_cutoff=reach)
            if distance <= reach:
                begun.update(ids if distance <= allowed and name[0] == text[0] else ())
                for item in ids:
                    best[item] = min(distance, best.get(item, reach))
        order = sorted(best, key=lambda item: (best[item], item))
        if order and len(text) >= LEAST_LETTERS and best[order[0]] <= allowed:
            rivals = [i for i in order[1:] if best[i] <= best[order[0]] + 1]
            if not rivals and order[0] in begun:
                return Match((order[0],), "spelling")
            return Match((), "unknown", tuple([order[0], *rivals][:CANDIDATES]))
        return Match((), "unknown", tuple(order[:CANDIDATES]) or self._hints(text))

    def _hints(self, text: str) -> tuple[str, ...]:
        """What single words of a text resemble; only ever a question, never an answer."""
        found: dict[str, None] = {}
        for word in text.split():
            if len(word) >= LEAST_LETTERS and " " in text:
                near = self._near(word)
                found.update(dict.fromkeys((*near.ids, *(near.candidates if near.how != "spelling" else ()))))
        return tuple(found)[:CANDIDATES]
