"""What else could explain it, as parts of a text page: for clinicians with every reason, for a visit as questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import RenderableType
from rich.text import Text as Line

from remit.render.considered import ClueView, ConsiderationView, GeneView
from remit.render.phrases import Phrases
from remit.render.text.page import bullets, heading, paragraph
from remit.render.views import PersonView

MOST_FACTS = 5
"""Facts that are named in a line; of more, how many there are is told."""
_SETTLED = ("spoken_against", "not_raised")
_CHANGING = ("adjust", "alternative")


def considered(person: PersonView, phrases: Phrases) -> Iterator[RenderableType]:
    """The section for clinicians; nothing where the run did not look for other explanations."""
    if not person.considerations:
        return
    say = phrases.say
    yield from _opening(person, say("consider.title"), say("consider.intro"), lambda view: _raised(view, phrases))
    still_open = [view for view in person.considerations if view.state == "open"]
    if still_open:
        yield Line()
        yield Line(say("consider.open"), style="bold")
        yield paragraph(say("consider.open_intro"))
        yield bullets((_open(view, phrases) for view in still_open), marker="[?]")
    settled = [view for view in person.considerations if view.state in _SETTLED]
    if settled:
        yield Line()
        yield Line(say("consider.closed"), style="bold")
        yield bullets(_settled(settled, phrases), marker="[ ]")
    yield from _genes(person.genes, phrases)


def _opening(
    person: PersonView, title: str, intro: str, raised: Callable[[ConsiderationView], Iterator[RenderableType]]
) -> Iterator[RenderableType]:
    """Heading, introduction, and each check that is raised."""
    yield heading(title)
    yield paragraph(intro)
    for view in person.considerations:
        if view.state == "raised":
            yield Line()
            yield from raised(view)


def _raised(view: ConsiderationView, phrases: Phrases) -> Iterator[RenderableType]:
    say = phrases.say
    level = say(f"consider.level.{view.level}")
    yield Line(f"[!] {say('consider.raised', name=view.name)} - {level}", style="bold")
    yield bullets(_lines(view, phrases))


def _lines(view: ConsiderationView, phrases: Phrases) -> Iterator[str]:
    say, check = phrases.say, view.check
    for clue in view.reasons:
        yield say("consider.raised_by" if clue.direction == "for" else "consider.spoken_by", text=_clue(clue, phrases))
    if view.unknown:
        names = [fact.name for fact in view.unknown[:MOST_FACTS]]
        more = ["..."] if len(view.unknown) > MOST_FACTS else []
        yield say("consider.not_known", n=len(view.unknown), facts="; ".join([*names, *more]))
    if view.tests:
        yield say("consider.tells", tests=" ".join(view.tests))
    yield say("consider.changes", text=view.changes)
    for evidence in check.evidence:
        sources, mark = ", ".join(evidence.sources), phrases.mark(evidence.verified)
        yield say("consider.evidence", grade=evidence.grade, mark=mark, text=evidence.text, sources=sources)
    if check.wording:
        yield say("consider.wording", text=check.wording)


def _clue(view: ClueView, phrases: Phrases) -> str:
    places = dict.fromkeys(place for _, place in view.facts if place)
    marked = f"{view.text} [{phrases.mark(view.clue.verified)}: {', '.join(view.clue.sources)}]"
    return phrases.say("consider.reference", text=marked, place=", ".join(places)) if places else marked


def _open(view: ConsiderationView, phrases: Phrases) -> str:
    if not view.tests:
        return phrases.say("consider.open_bare", name=view.name)
    return phrases.say("consider.open_row", name=view.name, tests=" ".join(view.tests))


def _settled(views: list[ConsiderationView], phrases: Phrases) -> Iterator[str]:
    for view in views:
        if view.state == "spoken_against":
            texts = " ".join(clue.text for clue in view.reasons if clue.direction == "against")
            yield phrases.say("consider.spoken_against", name=view.name, text=texts)
    absent = [view.name for view in views if view.state == "not_raised"]
    if absent:
        yield phrases.say("consider.not_raised", names="; ".join(absent))


def _genes(genes: tuple[GeneView, ...], phrases: Phrases) -> Iterator[RenderableType]:
    if not genes:
        return
    say = phrases.say
    known = [gene for gene in genes if gene.relation != "not_tried"]
    yield Line()
    yield Line(say("consider.genes"), style="bold")
    yield paragraph(say("consider.genes_intro"))
    yield bullets(_gene(gene, phrases) for gene in known)
    names = [g.treatment.name for g in genes if g.relation == "not_tried" and g.guidance.advice in _CHANGING]
    if names:
        yield paragraph(say("consider.genes_others", names=phrases.listed(names)))
    yield bullets(dict.fromkeys(caution for gene in genes for caution in gene.cautions))


def _gene(gene: GeneView, phrases: Phrases) -> str:
    return phrases.say(
        "consider.gene",
        drug=gene.treatment.name,
        relation=phrases.say(f"consider.relation.{gene.relation}"),
        phenotypes=phrases.listed(gene.phenotypes),
        text=gene.text,
        mark=phrases.mark(gene.drug.verified),
        sources=", ".join(gene.drug.sources),
    )


def considered_visit(person: PersonView, phrases: Phrases) -> Iterator[RenderableType]:
    """The section for a person or family: what to ask about. It names no dose and excludes nothing."""
    if not person.considerations:
        return
    say = phrases.say
    title, intro = say("consider.visit.title"), say("consider.visit.intro")
    yield from _opening(person, title, intro, lambda view: _visit_raised(view, phrases))
    still_open = [view for view in person.considerations if view.state == "open"]
    if still_open:
        yield Line()
        yield paragraph(say("consider.visit.open"))
        yield bullets(say("consider.visit.open_row", name=view.name) for view in still_open)
    known = [gene for gene in person.genes if gene.relation != "not_tried"]
    if known:
        yield Line()
        yield Line(say("consider.visit.genes"), style="bold")
        yield bullets(say("consider.visit.gene", drug=g.treatment.name, text=g.text) for g in known)
        yield paragraph(say("consider.visit.gene_ask"))


def _visit_raised(view: ConsiderationView, phrases: Phrases) -> Iterator[RenderableType]:
    yield Line(phrases.say("consider.visit.raised", name=view.name), style="bold")
    yield bullets(_visit_lines(view, phrases))


def _visit_lines(view: ConsiderationView, phrases: Phrases) -> Iterator[str]:
    say = phrases.say
    if view.level == "same_day":
        yield say("consider.visit.same_day")
    yield say("consider.visit.because", texts=" ".join(c.text for c in view.reasons if c.direction == "for"))
    if view.tests:
        yield say("consider.visit.ask", tests=" ".join(view.tests))
    yield say("consider.visit.changes", text=view.changes)
