"""A course of one treatment as a history tells it, written down as stretches of one dose each."""

from __future__ import annotations

from dataclasses import dataclass, field

from remit.flow.records.book import Book, Scope, Stretch
from remit.flow.records.dates import UNKNOWN_DATE, Span
from remit.flow.records.sentences import either
from remit.knowledge.names import Resolution


@dataclass(slots=True)
class Step:
    """A dose from a day on."""

    start: Span
    dose: float | None
    record_ref: str


@dataclass(slots=True)
class Course:
    """One treatment from its start to its end. `start` and `end` are None where nothing is said of them."""

    treatment_key: int
    start: Span | None
    end: Span | None  # last day, inclusive
    record_ref: str
    steps: list[Step] = field(default_factory=list)
    dose: float | None = None
    sessions: float | None = None
    outcome: str | None = None
    improvement: float | None = None
    stop_reason: str | None = None
    adherence: float | None = None
    augments_key: int | None = None
    details: dict[str, str] = field(default_factory=dict)

    @property
    def end_kind(self) -> str:
        """Ended, ongoing, or unknown.

        Silence about the end means ongoing, unless there is a reason for stopping, or no start either.
        """
        if self.end is not None:
            return "ended" if self.end.is_known else "unknown"
        return "ongoing" if self.stop_reason is None and self.start and self.start.is_known else "unknown"


def resolve(book: Book, text: str, place: str, person_key: int | None, field_name: str = "treatment") -> int | None:
    """The treatment that a history names; a fault where there is none, a flag where it was not named exactly."""
    found = book.names.treatment(text)
    if found.key is None:
        _refuse_name(book, place, text, found, field_name)
    elif found.how in ("spelling", "words"):
        flag_reading(book, person_key, text, found.key, place)
    return found.key


def _refuse_name(book: Book, place: str, text: str, found: Resolution, field_name: str) -> None:
    """A name that means no treatment, or several."""
    shown = repr(text[:60])
    if found.how == "shared":
        book.fault(place, "course.shared_name", name=shown, names=", ".join(found.candidates))
    elif found.candidates:
        book.fault(place, "course.name_near", field=field_name, name=shown, names=either(found.candidates))
    else:
        book.fault(place, "course.name", field=field_name, name=shown)


def flag_reading(book: Book, person_key: int | None, text: str, key: int, place: str) -> None:
    """Say that a name was read as something that it does not exactly say."""
    name = book.knowledge.treatments[key].name
    book.notice(person_key, "flag", "name_read_as", place, name=text[:60], known=name)


def check_dose(book: Book, key: int, dose: float | None, place: str) -> float | None:
    """`dose`, unless no one takes that much in a day: then a fault."""
    treatment = book.knowledge.treatments[key]
    if dose is None:
        return None
    if treatment.kind not in ("drug", "supplement"):
        book.fault(place, "course.not_dosed", treatment=treatment.name)
        return None
    most = treatment.plausible_daily_mg
    if most is not None and dose > most.value:
        book.fault(place, "course.dose", treatment=treatment.name)
        return None
    return dose


def write_course(book: Book, person_key: int, course: Course, scope: Scope, evidence: str = "report") -> None:
    """Write a course as stretches: one per dose step; the outcome goes to the last."""
    start = course.start or UNKNOWN_DATE
    for span in (start, course.end or UNKNOWN_DATE, *(s.start for s in course.steps)):
        scope.saw(span.last)
    steps = course.steps or [Step(start, course.dose, course.record_ref)]
    if course.steps and start.is_known and _starts_after(course.steps[0].start, start):
        steps = [Step(start, None, course.record_ref), *steps]
    stop = (course.end or UNKNOWN_DATE).next_day()
    for i, step in enumerate(steps):
        is_last = i == len(steps) - 1
        end, kind = (stop, course.end_kind) if is_last else _until(steps[i + 1].start)
        book.stretches.append(
            Stretch(
                person_key, course.treatment_key,
                step.start.first, step.start.last, end.last, end.first, kind, evidence, step.record_ref,
                dose=step.dose,
                sessions=course.sessions if len(steps) == 1 else None,
                adherence=course.adherence,
                stop_reason=course.stop_reason if is_last else None,
                augments_key=course.augments_key,
                details=course.details,
                outcome=course.outcome if is_last else None,
                improvement=course.improvement if is_last else None,
            )
        )  # fmt: skip


def _until(following: Span) -> tuple[Span, str]:
    """End of a step: the day on which the following one starts."""
    return following, "ended" if following.is_known else "unknown"


def _starts_after(a: Span, b: Span) -> bool:
    return a.first is not None and b.last is not None and a.first > b.last


def check_order(book: Book, course: Course, place: str, step_places: list[str]) -> None:
    """Faults for an end before the start, and for dose steps that do not follow one another within the course."""
    start, end = course.start or UNKNOWN_DATE, course.end or UNKNOWN_DATE
    if _starts_after(start, end):
        book.fault(place, "course.ends_first", remedy="correct_one_date")
    earlier = start
    for i, (step, at) in enumerate(zip(course.steps, step_places, strict=True)):
        if not i and _starts_after(earlier, step.start):
            book.fault(at, "course.early_step", remedy="steps_in_order")
        elif i and (_starts_after(earlier, step.start) or _same_day(earlier, step.start)):
            book.fault(at, "course.step_order", remedy="steps_in_order")
        if _starts_after(step.start, end):
            book.fault(at, "course.late_step", remedy="correct_one_date")
        earlier = step.start if step.start.is_known else earlier


def _same_day(a: Span, b: Span) -> bool:
    return a.is_exact and b.is_exact and a.first == b.first
