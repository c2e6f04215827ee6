"""FHIR Observation and QuestionnaireResponse: totals, answers and laboratory values, in whatever form they arrive."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from remit.flow.records.book import AnswerSheet, MeasurementRow, PersonRow
from remit.flow.records.dates import Span
from remit.flow.records.fhir_node import Node
from remit.flow.records.scores import allowed_values, flag_safety, is_possible
from remit.knowledge.instrument import Instrument

if TYPE_CHECKING:
    from remit.flow.records.fhir import FhirExport

NOT_MEASURED = ("entered-in-error", "cancelled", "registered")
NOT_ANSWERED = ("entered-in-error",)  # one that was not finished still holds answers
MAX_NESTING = 20
_ORDINALS = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
)


def read_observations(export: FhirExport) -> None:
    """Read all Observation and QuestionnaireResponse resources into the book."""
    reader = _Reader(export)
    for node in export.resources["Observation"]:
        reader.observation(node)
    for node in export.resources["QuestionnaireResponse"]:
        reader.response(node)
    export.book.sheets.extend(reader.sheets.values())


class _Reader:
    """Gathers answers by person, instrument and time, because items often come as observations of their own."""

    def __init__(self, export: FhirExport) -> None:
        self.export = export
        self.book = export.book
        self.sheets: dict[tuple[int, str, str], AnswerSheet] = {}
        self.setting: tuple[str | None, str | None] = (None, None)  # who rated and how, of the resource being read

    def observation(self, node: Node) -> None:
        """A total, an answer, a value, or a panel of them."""
        codes = self._codes(node)
        parts = [(c, self._codes(c)) for c in node.children("component")]
        if not any(self._is_known(c) for c in [codes, *(known for _, known in parts)]):
            return
        person = self.export.person_of(node)
        if person is None:
            return
        status = (node.text("status") or "unknown").lower()
        if status in NOT_MEASURED:
            self.export.leave_out(person, "Observation", "status_left_out.status", status=status[:40])
            return
        period = node.child("effectivePeriod")
        day = node.span("effectiveDateTime") or node.span("effectiveInstant")
        day = day or (period.span("start") if period else None) or node.span("issued")
        stamp = node.text("effectiveDateTime") or node.text("effectiveInstant") or node.text("issued") or ""
        self._note_day(person, day)
        performers, method = node.children("performer"), node.child("method")
        rater = (performers[0].text("reference") or performers[0].text("display")) if len(performers) == 1 else None
        mode = (method.text("text") or next((c.code for c in method.own_codings() if c.code), None)) if method else None
        self.setting = rater, mode
        for part, known in [(node, codes), *parts]:
            self._value(part, known, person, day, stamp)

    def _codes(self, node: Node) -> list[str]:
        return [c.code for c in node.codings("code") if c.system in ("loinc", "") and c.code]

    def _is_known(self, codes: list[str]) -> bool:
        names = self.book.names
        return any(c in names.item_codes or c in names.value_codes for c in codes)

    def _note_day(self, person: PersonRow, day: Span | None) -> None:
        """Take note of a day; a score without an exact one is left out."""
        if day is not None:
            self.export.scope.saw(day.last)
        if day is None or not day.is_exact:
            self.book.notice(person.key, "left_out", "score_without_day")

    def _value(self, node: Node, codes: list[str], person: PersonRow, day: Span | None, stamp: str) -> None:
        """One value: an answer or a total, by its code."""
        names = self.book.names
        for code in codes:
            if code in names.item_codes:
                instrument_id, item = names.item_codes[code]
                value = self._number(node, "value", self.book.knowledge.instruments[instrument_id], item)
                self._answer(node, person, instrument_id, item, value, day, stamp)
                return
            if code in names.value_codes:
                self._total(node, person, names.value_codes[code], day, stamp)
                return

    def _total(self, node: Node, person: PersonRow, measure_id: str, day: Span | None, stamp: str) -> None:
        knowledge = self.book.knowledge
        instrument = knowledge.instruments.get(measure_id)
        measure = instrument or knowledge.observables[measure_id]
        value = self._number(node, "value", instrument, None)
        if value is None or day is None or day.first is None or not day.is_exact:
            return
        quantity = node.child("valueQuantity")
        unit = (quantity.text("code") or quantity.text("unit")) if quantity and not instrument else None
        if not is_possible(measure, value, unit, partial(node.fault, _value_field(node), remedy="correct_value")):
            return
        self.book.measurements.append(
            MeasurementRow(person.key, measure_id, day.first, value, unit, False, node.place(), stamp, *self.setting)
        )

    def _answer(
        self,
        node: Node,
        person: PersonRow,
        instrument_id: str,
        item: int,
        value: float | None,
        day: Span | None,
        stamp: str,
    ) -> None:
        instrument = self.book.knowledge.instruments[instrument_id]
        if value is None:
            return
        if day is None or day.first is None or not day.is_exact:
            flag_safety(self.book, person.key, instrument, {item: value}, node.place())
            return
        question = next(q for q in instrument.questions if q.n == item)
        allowed = allowed_values(instrument, question)
        if allowed and value not in allowed:
            node.fault(_value_field(node), "fhir.answer", remedy="correct_value", instrument=instrument.name)
            return
        key = (person.key, instrument_id, stamp or str(day.first))
        sheet = self.sheets.get(key)
        if sheet is None:
            sheet = AnswerSheet(person.key, instrument_id, day.first, {}, node.place(), stamp, *self.setting)
            self.sheets[key] = sheet
        if sheet.items.setdefault(item, value) != value:
            flag_safety(self.book, person.key, instrument, {item: value}, node.place())
            self.book.notice(person.key, "flag", "answers_differ", sheet.record_ref, instrument=instrument.name)

    def _number(self, node: Node, prefix: str, instrument: Instrument | None, item: int | None) -> float | None:
        """The value of an Observation, component or answer as a number."""
        for name in ("Integer", "Decimal", "String"):
            if node.has(prefix + name):
                return self._plain(node, prefix + name)
        quantity = node.child(prefix + "Quantity")
        if quantity is not None:
            return quantity.number("value")
        concept = node.child(prefix + "CodeableConcept")
        coding = node.child(prefix + "Coding")
        choices = concept.children("coding") if concept else [coding] if coding else []
        for choice in choices:
            value = self._coded(choice, instrument, item)
            if value is not None:
                return value
        return None

    def _plain(self, node: Node, name: str) -> float | None:
        """A number, or a text that is one; a total in words is not read."""
        if name.endswith("String"):
            text = node.text(name) or ""
            return float(text) if text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii() else None
        return node.number(name)

    def _coded(self, coding: Node, instrument: Instrument | None, item: int | None) -> float | None:
        code = coding.text("code")
        if instrument is not None and code:
            question = next((q for q in instrument.questions if q.n == item), None)
            options = (question.options if question else ()) or instrument.options
            for option in options:
                if option.code == code:
                    return option.value
        for extension in coding.children("extension"):
            if extension.text("url") in _ORDINALS:
                return extension.number("valueDecimal")
        return None

    def response(self, node: Node) -> None:
        """A questionnaire: items by the LOINC code in their linkId or definition."""
        items = self._flatten(node)
        known = [(item, code) for item in items if (code := self._item_code(item))]
        if not known:
            if self._is_ours(node) and (person := self.export.person_of(node)):
                self.export.leave_out(person, "QuestionnaireResponse", "items_not_coded")
            return
        person = self.export.person_of(node)
        if person is None:
            return
        status = (node.text("status") or "completed").lower()
        if status in NOT_ANSWERED:
            self.export.leave_out(person, "QuestionnaireResponse", "status_left_out.status", status=status[:40])
            return
        day, stamp = node.span("authored"), node.text("authored") or ""
        answered = node.child("source") or node.child("author")
        self.setting = (answered.text("reference") or answered.text("display")) if answered else None, None
        self._note_day(person, day)
        for item, code in known:
            answers = item.children("answer")
            if len(answers) == 1:
                self._value(answers[0], [code], person, day, stamp)
            elif answers:
                item.fault("answer", "fhir.answers")

    def _is_ours(self, node: Node) -> bool:
        canonical = (node.text("questionnaire") or "").split("|")[0].rsplit("/", 1)[-1]
        return bool(canonical) and bool(self.book.names.instruments.find(canonical).ids)

    def _flatten(self, node: Node) -> list[Node]:
        found: list[Node] = []
        stack = [(item, 0) for item in node.children("item")]
        while stack:
            item, depth = stack.pop()
            found.append(item)
            if depth < MAX_NESTING:
                inner = [*item.children("item"), *(i for a in item.children("answer") for i in a.children("item"))]
                stack.extend((i, depth + 1) for i in inner)
        return found

    def _item_code(self, item: Node) -> str | None:
        names = self.book.names
        for text in (item.text("linkId"), item.text("definition")):
            parts = text.replace("#", "/").strip("/").split("/") if text else []
            for code in reversed(parts):
                if code in names.item_codes or code in names.value_codes:
                    return code
        return None


def _value_field(node: Node) -> str:
    """Name of the field that holds the value: valueInteger, valueQuantity ..."""
    return next((name for name in node.data if name.startswith("value")), "value")
