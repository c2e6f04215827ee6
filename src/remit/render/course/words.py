"""What pages of text, HTML and lists say of the course, in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.knowledge.tasks import EARLY
from remit.render.course.events import EventView
from remit.render.course.views import CourseView, DueView, LineView, PastView
from remit.render.expected import Expected
from remit.render.phrases import Phrases, number, sources_of, weakest

SHOWN_IN_VISIT = ("overdue", "due", "planned")
LIST_COLUMNS = ("person", "flag", "score", "event", "unimproved", "due", "next")
PERCENT = 100.0
_WITH_NOTE = ("sustained", "recovery", "relapse")
"""Windows of which a part is published and a part is not."""


class Words:
    """What pages of text, HTML and lists say in the same words."""

    def __init__(self, phrases: Phrases, knowledge: Knowledge) -> None:
        self.phrases, self.say, self.knowledge = phrases, phrases.say, knowledge

    def now(self, line: LineView) -> list[str]:
        """Where a person stands: newest score, how it moved, what that shows, how long without improvement."""
        if line.last_day is None or line.last_score is None:
            return [self.say("course.no_score")]
        values = {
            "instrument": line.instrument, "value": number(line.last_score), "day": self.phrases.day(line.last_day),
            "trend": self.say(f"course.trend.{line.trend}"),
        }  # fmt: skip
        where = "course.visit" if self.phrases.is_visit else "course"
        if line.first_day is None or line.first_score is None or line.trend == "unknown":
            told = [self.say(f"{where}.newest", **values)]
        else:
            values |= {"first": number(line.first_score), "first_day": self.phrases.day(line.first_day)}
            told = [self.say(f"{where}.newest_since", **values)]
        if self.phrases.is_visit:
            return [*told, *self._improved(line)]
        if line.event and line.event_day:
            event = self._short(line.event, line.event_certainty)
            told.append(self.say("course.newest_event", event=event, day=self.phrases.day(line.event_day)))
        return [*told, self.unimproved(line)]

    def _short(self, kind: str, certainty: str | None) -> str:
        """A kind of event with its certainty."""
        name = self.say(f"course.short.{kind}")
        if certainty is None:
            return name
        return self.say("course.event_certainty", text=name, certainty=self.say(f"course.certainty.{certainty}"))

    def _improved(self, line: LineView) -> list[str]:
        """When the scores last showed an improvement, in plain words."""
        if line.days_without_improvement is None:
            return []
        if line.days_without_improvement == 0:
            return [self.say("course.visit.improved_now")]
        if line.improved_day is None:
            return [self.say("course.visit.never")]
        return [self.say("course.visit.improved", day=self.phrases.day(line.improved_day))]

    def unimproved(self, line: LineView) -> str:
        """How long without improvement."""
        n = line.days_without_improvement
        if n is None:
            return self.say("course.unimproved_unknown")
        return self.say("course.unimproved", n=n) if n else self.say("course.improved")

    def flag(self, line: LineView) -> str:
        """The flag for review, in words; never a level."""
        if line.has_sign:
            return self.say("course.flag_short")
        return self.say("course.unanswered_short") if line.is_item_unanswered else self.say("course.no_flag")

    def event(self, event: EventView) -> str:
        """One event with its day."""
        day = self.phrases.day(event.day) if event.day else self.say("words.unknown_date")
        return self.say("course.event_line", day=day, instrument=event.instrument, text=event.text)

    def task(self, due: DueView) -> str:
        """What is to be done; in a visit in plain words."""
        if self.phrases.is_visit:
            return self.say("course.visit.early") if due.branch == EARLY else due.rule.plain
        text = due.rule.name
        if due.rule.countries:
            countries = self.phrases.listed(due.rule.countries)
            text = self.say("course.guidance_of", task=text, countries=countries)
        if due.trial is not None:
            text = self.say("course.for", task=text, trial=due.trial.treatment.name)
        return text

    def day(self, due: DueView) -> str:
        """When: the date, how late, or when it was done."""
        parts = [self.phrases.day(due.day)] if due.day else []
        if due.state == "done" and due.done_day:
            parts.append(self.say("course.done_on", day=self.phrases.day(due.done_day)))
        if due.days_late is not None:
            parts.append(self.say("course.late", n=due.days_late))
        return ", ".join(parts) or self.say("course.no_flag")

    def why(self, due: DueView) -> str:
        """Why: the rule's reason, what its branch says, and what is not known."""
        parts = [due.rule.why]
        if due.advice and not self.phrases.is_visit:
            parts.insert(0, due.advice[:1].upper() + due.advice[1:] + ".")
        if due.reason:
            parts.append(f"({self.say(f'course.reason.{due.reason}')})")
        if due.rule.algorithm and not self.phrases.is_visit:
            limits = self.knowledge.course.algorithms[due.rule.algorithm].limits
            parts.append(self.say("course.limits", limits=limits.strip()))
        return " ".join(parts)

    def next_step(self, line: LineView) -> str:
        """The task that comes first."""
        if line.next_rule is None or line.next_state is None:
            return self.say("course.no_flag")
        values = {
            "state": self.say(f"course.state.{line.next_state}"),
            "task": line.next_rule.name.partition(":")[0],
        }
        if line.next_day is None:
            return self.say("course.list_next_undated", **values)
        return self.say("course.list_next", day=self.phrases.day(line.next_day), **values)

    def expected(self, view: CourseView) -> Iterator[tuple[str, Cited]]:
        """Of each treatment, once: time to effect with its days, and how long it lasts; with what it rests on."""
        by_name: dict[str, list[Expected]] = {}
        for known in view.expected:
            by_name.setdefault(known.trial.treatment.name, []).append(known)
        for name, some in by_name.items():
            entry = some[0].entry
            windows = [
                self.say("course.expected_window", first=self.phrases.day(x.first), last=self.phrases.day(x.last))
                for x in some
                if x.first and x.last
            ]
            values = {"treatment": name, "onset": entry.facets.onset, "windows": "; ".join(windows)}
            yield self.say("course.expected_dated" if windows else "course.expected_line", **values), entry.facets
            for statement in entry.durability:
                yield self.say("course.lasts", treatment=name, text=statement.text), statement

    def marked(self, text: str, verified: str | None) -> str:
        """A text with how well it was checked, where that is less than fully."""
        if verified in (None, "yes"):
            return text
        return self.say("course.marked", text=text, mark=self.phrases.mark(verified))

    def rests_on(self, view: CourseView) -> list[str]:
        """Sources of what is shown, with the weakest mark of each."""
        cited = {f"{self.say(f'course.short.{e.kind}')} ({e.instrument})": e.basis for e in view.events if e.basis}
        cited |= {d.rule.name: (d.rule,) for d in view.due}
        return [
            self.say(
                "course.source_line",
                mark=self.phrases.mark(weakest(facts)),
                what=what,
                sources=", ".join(sources_of(facts)),
            )
            for what, facts in cited.items()
        ]


def windows(knowledge: Knowledge, phrases: Phrases) -> Iterator[tuple[str, tuple[Cited, ...]]]:
    """What the project chose itself, or could not check, with the facts behind each sentence."""
    p, say = knowledge.course.policy, phrases.say
    early, m = p.early_improvement, p.measuring
    share, before = p.overdue_share, p.early_share
    said: list[tuple[str, tuple[Cited, ...], dict[str, float]]] = [
        ("confirm", (p.confirm_days,), {"days": p.confirm_days.value}),
        ("early", (early.window_before_days, early.window_after_days),
         {"before": early.window_before_days.value, "after": early.window_after_days.value}),
        ("sustained", (p.sustained_remission,),
         {"days": p.sustained_remission.least_days, "gap": p.sustained_remission.longest_gap_days}),
        ("recovery", (p.recovery,), {"days": p.recovery.least_days, "gap": p.recovery.longest_gap_days}),
        ("relapse", (p.relapse,), {"low": p.relapse.from_days, "high": p.relapse.to_days}),
        ("worsening", (p.worsening_lookback_days,), {"days": p.worsening_lookback_days.value}),
        ("plateau", (p.plateau,),
         {"low": p.plateau.least_days, "high": p.plateau.most_days, "n": p.plateau.least_scores}),
        ("measuring", (m.acute_days, m.rapid_days, m.continuation_days, m.maintenance_days),
         {"acute": m.acute_days.value, "rapid": m.rapid_days.value, "continuation": m.continuation_days.value,
          "maintenance": m.maintenance_days.value}),
        ("overdue", (share, before), {"share": PERCENT * share.value, "early": PERCENT * before.value}),
        ("trend", (p.trend_days,), {"days": p.trend_days.value}),
    ]  # fmt: skip
    for name, facts, values in said:
        text = say(f"course.window.{name}", **{key: number(value) for key, value in values.items()})
        note = facts[0].note if name in _WITH_NOTE else None
        yield (say("course.own_note", text=text, note=note) if note else text), facts


def past_cells(past: PastView, words: Words) -> tuple[str, str, str]:
    """Measured, reported, and what stands of one trial."""
    trial, say = past.trial, words.say
    stands = say(f"course.past_by.{past.basis}")
    key = "past_differs" if past.differs else "past_same"
    outcome = words.phrases.outcome("open" if trial.outcome is None and trial.basis != "none" else trial.outcome)
    return (
        past.measured or say("course.past_none"),
        past.reported or say("course.past_unreported"),
        say(f"course.{key}", stands=stands, outcome=outcome),
    )


def visit_steps(view: CourseView, words: Words) -> list[tuple[str, DueView]]:
    """What to do next, each once, the first in order; with a day where it is still to come."""
    steps: dict[str, DueView] = {}
    for due in view.due:
        if due.state in SHOWN_IN_VISIT:
            steps.setdefault(words.task(due), due)
    return [(_by(step, due, words), due) for step, due in steps.items()]


def _by(step: str, due: DueView, words: Words) -> str:
    if due.state != "planned" or due.day is None:
        return step
    return words.say("course.visit.by", step=step.rstrip("."), day=words.phrases.day(due.day)) + "."


def visit_past(view: CourseView, words: Words) -> list[str]:
    """Treatments of which the scores say something else than what was reported."""
    differing = [past for past in view.past if past.differs and past.reported]
    return [
        words.say(
            "course.visit.past_line", trial=words.phrases.named(past.trial), reported=past.reported,
            outcome=words.phrases.outcome(past.trial.outcome),
        )
        for past in differing
    ]  # fmt: skip


def visit_events(view: CourseView, words: Words) -> list[str]:
    """The newest event of each kind in plain words, newest first."""
    told = [(event.day, f"course.visit.event.{event.kind}") for event in view.newest]
    return [f"{words.phrases.day(day)}: {words.say(key)}" for day, key in told if day and words.phrases.text.has(key)]


def list_cells(line: LineView, words: Words) -> tuple[str, ...]:
    """Cells of one line of the list, in the order of `LIST_COLUMNS`."""
    say, phrases = words.say, words.phrases
    nothing = say("course.no_flag")
    score = event = nothing
    if line.last_score is not None and line.last_day:
        score = say(
            "course.list_score", instrument=line.instrument, value=number(line.last_score),
            day=phrases.day(line.last_day), trend=say(f"course.trend.{line.trend}"),
        )  # fmt: skip
    if line.event and line.event_day:
        event = say("course.list_event", event=say(f"course.short.{line.event}"), day=phrases.day(line.event_day))
    days = line.days_without_improvement
    unimproved = say("words.unknown") if days is None else str(days)
    counts = say("course.list_counts", overdue=line.n_overdue, due=line.n_due)
    return (line.person_id, words.flag(line), score, event, unimproved, counts, words.next_step(line))
