"""Names and codes of treatments, instruments, laboratory values and conditions, resolved against the knowledge.

A treatment may be named by id, ingredient, synonym, brand, salt and form ("sertraline HCl 50 mg tablets"), or by code:
``rxnorm:36437``, a bare RxCUI, an ATC code, ``omop:739138``, ``ndc:...`` where the user supplies the map.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from remit.knowledge.codes import CodeMaps, Product, short_system
from remit.knowledge.instrument import Instrument
from remit.knowledge.lexicon import How, Lexicon, Match
from remit.knowledge.library import Knowledge
from remit.knowledge.schema import Observable, Treatment

_ATC = re.compile(r"^[A-Z]\d{2}[A-Z]{2}\d{2}$")
_CODED = re.compile(r"^([A-Za-z0-9-]+)\s*:\s*([A-Za-z0-9.-]+)$")
_LOINC = re.compile(r"^\d{1,7}-\d$")
_OWN_SYSTEMS = ("rxnorm", "atc", "omop", "bnf")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name or code of a treatment was found to mean.

    Attributes
    ----------
    key : int, optional
        Row of `knowledge.treatments`; None if it was not found, or not one.
    how : str
        How it was found (`remit.knowledge.lexicon.How`); `words` and `spelling` are never silent.
    candidates : tuple of str
        Names of treatments that it may have meant, where key is None.
    product : Product, optional
        The product of a code: strength and form.
    """

    key: int | None
    how: How
    candidates: tuple[str, ...] = ()
    product: Product | None = None


class Names:
    """Lexicons and code maps of one knowledge; built on first use, kept as long as the knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.codes = CodeMaps(knowledge.roots, knowledge.codes_dir)
        self._treatments = knowledge.treatments
        self._instruments: dict[str, Instrument] = dict(knowledge.instruments)
        self._observables: dict[str, Observable] = dict(knowledge.observables)
        self._conditions = dict(knowledge.conditions)
        self._key = {t.id: i for i, t in enumerate(knowledge.treatments)}
        self._resolved: dict[str, Resolution] = {}

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(
            {t.id: _names_of(t) for t in self._treatments},
            {t.id: frozenset((*t.components, *([t.ingredient] if t.ingredient else []))) for t in self._treatments},
        )

    @cached_property
    def instruments(self) -> Lexicon:
        """Rating scales."""
        return Lexicon({i: (x.name, *x.names, *x.loinc_total, *x.loinc_panel) for i, x in self._instruments.items()})

    @cached_property
    def measures(self) -> Lexicon:
        """Rating scales, laboratory values and vital signs."""
        both = {i: (x.name, *x.names) for i, x in self._observables.items()}
        return Lexicon(both | {i: (x.name, *x.names) for i, x in self._instruments.items()})

    @cached_property
    def conditions(self) -> Lexicon:
        """Conditions."""
        return Lexicon({i: (x.name, *x.names) for i, x in self._conditions.items()})

    @cached_property
    def _loinc(self) -> dict[str, str]:
        return self.panel_codes | self.value_codes

    @cached_property
    def item_codes(self) -> dict[str, tuple[str, int]]:
        """Instrument and item number by LOINC code of the item."""
        return {q.code: (i, q.n) for i, x in self._instruments.items() for q in x.questions if q.code}

    @cached_property
    def panel_codes(self) -> dict[str, str]:
        """Instrument by LOINC code of its panel."""
        return {code: i for i, x in self._instruments.items() for code in x.loinc_panel}

    @cached_property
    def value_codes(self) -> dict[str, str]:
        """Instrument or observable by LOINC code of its total or value."""
        known = {code: i for i, x in self._observables.items() for code in x.loinc}
        return known | {code: i for i, x in self._instruments.items() for code in x.loinc_total}

    @cached_property
    def _codes(self) -> dict[tuple[str, str], list[Treatment]]:
        """Treatments by system and code; a combination that lists its parts' codes is not found by them."""
        found: dict[tuple[str, str], list[Treatment]] = {}
        for treatment in self._treatments:
            for system in _OWN_SYSTEMS:
                codes = [str(c) for c in getattr(treatment.codes, system)]
                if system in ("rxnorm", "omop") and treatment.components:
                    continue
                for code in codes:
                    found.setdefault((system, code.upper()), []).append(treatment)
        return found

    def treatment(self, text: str) -> Resolution:
        """What a text or code names; remembered."""
        known = self._resolved.get(text)
        if known is None:
            known = self._resolved[text] = self._treatment(text.strip())
        return known

    def _treatment(self, text: str) -> Resolution:
        if coded := _CODED.match(text):
            return self.treatment_code(short_system(coded[1]), coded[2])
        if _ATC.match(text.upper()):
            return self.treatment_code("atc", text.upper())
        if text.isascii() and text.isdigit():
            return self.treatment_code("rxnorm", text)
        return self.treatment_name(text)

    def treatment_name(self, text: str) -> Resolution:
        """What a text names; never read as a code."""
        match = self._lexicon.find(text)
        key = self._key[match.ids[0]] if match.ids else None
        return Resolution(key, match.how, self.titles(match.candidates))

    def treatment_code(self, system: str, code: str) -> Resolution:
        """The treatment of a code.

        Parameters
        ----------
        system : str
            Short name, such as rxnorm, atc, ndc, snomed (`short_system`).
        code : str
        """
        product = self.codes.product(system, code)
        if product and product.treatment_id in self._key:
            return Resolution(self._key[product.treatment_id], "code", product=product)
        if product and product.treatment_id:
            match = self._lexicon.find(product.treatment_id)
            if match.ids:
                return Resolution(self._key[match.ids[0]], "code", product=product)
        found = self._codes.get((system, code.upper()), [])
        plain = [t for t in found if not t.ingredient] or found
        if len(plain) == 1:
            return Resolution(self._key[plain[0].id], "code")
        return Resolution(None, "shared" if plain else "unknown", tuple(t.name for t in plain))

    def measure(self, text: str) -> Match:
        """The instrument or observable that an id, LOINC code or name means."""
        code = text.strip().upper().removeprefix("LOINC:").strip()
        if _LOINC.match(code):
            return Match((self._loinc[code],), "code") if code in self._loinc else Match((), "unknown")
        return self.measures.find(text.strip())

    def titles(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Names of treatments, for a message."""
        return tuple(self._treatments[self._key[i]].name for i in ids)

    def treatment_of_group(self, modality: str) -> str | None:
        """The treatment that a kind of procedure in a user's code map means."""
        match = self._lexicon.find(modality)
        return match.ids[0] if match.ids else None

    def condition_of_group(self, name: str) -> str | None:
        """The condition that a set of codes in a user's code map means."""
        match = self.conditions.find(name)
        return match.ids[0] if match.ids else None


def _names_of(treatment: Treatment) -> tuple[str, ...]:
    brands = (brand for listed in treatment.names.brands.values() for brand in listed)
    return (treatment.name, *treatment.names.synonyms, *brands)


_BUILT: WeakKeyDictionary[Knowledge, Names] = WeakKeyDictionary()


def names_of(knowledge: Knowledge) -> Names:
    """The names of a knowledge; the same object as long as the knowledge lives."""
    if knowledge not in _BUILT:
        _BUILT[knowledge] = Names(knowledge)
    return _BUILT[knowledge]


def resolve_treatment(text: str, knowledge: Knowledge) -> Resolution:
    """What a name or code of a treatment means."""
    return names_of(knowledge).treatment(text)
