"""What every document begins and ends with: crisis panel, head, and the lines that stand on every output."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from remit.knowledge import Knowledge
from remit.render.crisis import call_number, has_sign, lines_for, panel
from remit.render.document.blocks import Crisis, Items, Paragraph, Said, program, record
from remit.render.phrases import Phrases
from remit.render.views import AssessmentView, PersonView, Statement


class Frame:
    """Writes head and foot.

    Parameters
    ----------
    knowledge : Knowledge
    phrases : Phrases
    """

    def __init__(self, knowledge: Knowledge, phrases: Phrases) -> None:
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say

    def words(self) -> dict[str, str]:
        """Words of the frame of a document."""
        return {key: self.say(f"report.frame.{key}") for key in ("skip", "about", "contents", "page", "of", "letters")}

    def crisis(self, person: PersonView) -> Crisis | None:
        """The crisis panel of a person, where there is a sign."""
        if not has_sign(person.signs):
            return None
        shown = panel(person.signs, person.country, self.knowledge, self.phrases)
        lines = lines_for(person.country, self.knowledge, self.phrases)
        sources = tuple(dict.fromkeys(s for line in lines for s in line.sources))
        return Crisis(
            title=shown.title,
            emergency=Said(shown.emergency, sources, is_strong=True),
            lines=tuple(
                Said(told, line.sources, verified=line.verified) for told, line in zip(shown.lines, lines, strict=True)
            ),
            steps=tuple(Said(step) for step in shown.steps),
            signs=tuple(record(sign) for sign in shown.signs),
            note=shown.note,
        )

    def pinned(self, country: str | None) -> Said:
        """Whom to call, in one sentence."""
        lines = lines_for(country, self.knowledge, self.phrases)
        sources = tuple(dict.fromkeys(s for line in lines for s in line.sources))
        number = call_number(country, self.knowledge, self.phrases)
        return Said(self.say("crisis.pinned", number=number), sources)

    def about(self, country: str | None, day: date, version: str, *, has_head: bool = True) -> tuple[Said, ...]:
        """The lines that stand on every output.

        Parameters
        ----------
        country : str or None
            For the number to call.
        day : date
            Up to which sources were reviewed.
        version : str
            Of the knowledge.
        has_head : bool
            Whether what the head of a document says of mode and knowledge is said again.
        """
        said = self.phrases.day(day)
        head = (program(self._moded("knowledge", version=version, day=said)), Said(self._moded("mode")))
        return (
            Said(self.say("page.disclaimer.discuss")),
            self.pinned(country),
            program(self.say("page.disclaimer.dated", day=said)),
            Said(self.say("page.disclaimer.change")),
            Said(self.say("page.disclaimer.nobody")),
            Said(self.say("page.disclaimer.unknown")),
            *(head if has_head else ()),
        )

    def _moded(self, key: str, **values: object) -> str:
        return self.say(f"{'visit' if self.phrases.is_visit else 'page'}.{key}", **values)

    def lead(self, view: AssessmentView, person: PersonView) -> tuple[Said, ...]:
        """Whose document, as of when, in which mode, by which knowledge; and what is said about safety."""
        phrases = self.phrases
        day, reviewed = phrases.day(person.index_date), phrases.day(view.knowledge_date)
        return (
            record(self._moded("person", person=person.id)),
            record(self._moded("index", day=day)),
            Said(self._moded("mode")),
            program(self._moded("knowledge", version=view.knowledge_version, day=reviewed)),
            *(said(s, is_strong=True) for s in person.statements if s.about == "safety"),
        )


def said(statement: Statement, *, is_strong: bool = False) -> Said:
    """A statement as a run of text; its numbers are from the record, held against its sources."""
    return Said(statement.text, statement.sources, "record", statement.verified, is_strong)


def paragraph(*texts: str | Said, is_note: bool = False) -> Paragraph:
    """A paragraph; bare text is prose."""
    return Paragraph(tuple(Said(t) if isinstance(t, str) else t for t in texts), is_note)


def items(texts: Iterable[str | Said], *, is_numbered: bool = False) -> Items:
    """A list; bare text is prose."""
    return Items(tuple(Said(t) if isinstance(t, str) else t for t in texts), is_numbered)
