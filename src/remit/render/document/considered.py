"""What else could explain it: for clinicians every clue with its source, for a visit what to ask about."""

from __future__ import annotations

from collections.abc import Iterator

from remit.render.considered import ClueView, ConsiderationView, GeneView
from remit.render.document.blocks import Block, Said, Section, record
from remit.render.document.parts import items, paragraph
from remit.render.phrases import Phrases
from remit.render.views import PersonView

MOST_RAISED = 3
"""Checks on the first page for a visit."""


def considered(person: PersonView, phrases: Phrases) -> Section | None:
    """The section for clinicians; None where the run did not look for other explanations."""
    if not person.considerations:
        return None
    say = phrases.say
    raised = [view for view in person.considerations if view.state == "raised"]
    still_open = [view for view in person.considerations if view.state == "open"]
    settled = [view for view in person.considerations if view.state not in ("raised", "open")]
    blocks: list[Block] = [paragraph(say("consider.intro"))]
    if still_open:
        blocks += [paragraph(say("consider.open"), is_note=True), paragraph(say("consider.open_intro"))]
        blocks.append(items(_open(view, phrases) for view in still_open))
    if settled:
        blocks += [paragraph(say("consider.closed"), is_note=True), items(_settled(v, phrases) for v in settled)]
    inner = [_raised(view, phrases) for view in raised]
    if person.genes:
        inner.append(_genes(person.genes, phrases))
    # What is raised comes before what is open, so it has the section's own blocks behind it.
    closing = Section("checks-open", say("consider.open"), tuple(blocks[1:])) if len(blocks) > 1 else None
    sections = (*inner, *([closing] if closing else []))
    return Section("considered", say("consider.title"), tuple(blocks[:1]), sections)


def _raised(view: ConsiderationView, phrases: Phrases) -> Section:
    say = phrases.say
    level = Said(say(f"consider.level.{view.level}"), is_strong=True)
    title = say("consider.raised", name=view.name)
    return Section(f"check-{view.check.id}", title, (items([level, *_lines(view, phrases)]),))


def _lines(view: ConsiderationView, phrases: Phrases) -> Iterator[Said]:
    say, check = phrases.say, view.check
    for clue in view.reasons:
        key = "consider.raised_by" if clue.direction == "for" else "consider.spoken_by"
        yield Said(say(key, text=_clue(clue, phrases)), clue.clue.sources, "record", clue.clue.verified)
    if view.unknown:
        names = "; ".join(fact.name for fact in view.unknown)
        sources = tuple(dict.fromkeys(s for fact in view.unknown for s in fact.sources))
        yield Said(say("consider.not_known", n=len(view.unknown), facts=names), sources)
    for tell in check.tells:
        yield Said(say("consider.tells", tests=tell.text), tell.sources, verified=tell.verified)
    yield Said(say("consider.changes", text=view.changes), check.sources, verified=check.verified)
    for evidence in check.evidence:
        mark, cited = phrases.mark(evidence.verified), ", ".join(evidence.sources)
        told = say("consider.evidence", grade=evidence.grade, mark=mark, text=evidence.text, sources=cited)
        yield Said(told, evidence.sources, verified=evidence.verified)
    if check.wording:
        yield Said(say("consider.wording", text=check.wording), check.sources)


def _clue(view: ClueView, phrases: Phrases) -> str:
    places = dict.fromkeys(place for _, place in view.facts if place)
    return phrases.say("consider.reference", text=view.text, place=", ".join(places)) if places else view.text


def _open(view: ConsiderationView, phrases: Phrases) -> Said:
    sources = tuple(dict.fromkeys((*view.check.sources, *(s for t in view.check.tells for s in t.sources))))
    if not view.tests:
        return Said(phrases.say("consider.open_bare", name=view.name), sources)
    return Said(phrases.say("consider.open_row", name=view.name, tests=" ".join(view.tests)), sources)


def _settled(view: ConsiderationView, phrases: Phrases) -> Said:
    if view.state == "spoken_against":
        texts = " ".join(clue.text for clue in view.reasons if clue.direction == "against")
        told = phrases.say("consider.spoken_against", name=view.name, text=texts)
        return Said(told, view.check.sources, "record")
    return Said(phrases.say("consider.not_raised", names=view.name), view.check.sources)


def _genes(genes: tuple[GeneView, ...], phrases: Phrases) -> Section:
    say = phrases.say
    known = [gene for gene in genes if gene.relation != "not_tried"]
    cautions = dict.fromkeys(caution for gene in genes for caution in gene.cautions)
    sources = tuple(dict.fromkeys(s for gene in genes for s in gene.drug.sources))
    blocks: list[Block] = [paragraph(say("consider.genes_intro")), items(_gene(gene, phrases) for gene in known)]
    blocks.append(items(Said(caution, sources) for caution in cautions))
    return Section("genes", say("consider.genes"), tuple(b for b in blocks if b))


def _gene(gene: GeneView, phrases: Phrases) -> Said:
    told = phrases.say(
        "consider.gene",
        drug=gene.treatment.name,
        relation=phrases.say(f"consider.relation.{gene.relation}"),
        phenotypes=phrases.listed(gene.phenotypes),
        text=gene.text,
        mark=phrases.mark(gene.drug.verified),
        sources=", ".join(gene.drug.sources),
    )
    return Said(told, gene.drug.sources, "record", gene.drug.verified)


def considered_front(person: PersonView, phrases: Phrases) -> Section | None:
    """What else to check, on the first page for a visit: what is raised, and how much is open.

    What is to be checked the same day comes first. None where nothing is raised or open.
    """
    say = phrases.say
    raised = sorted((v for v in person.considerations if v.state == "raised"), key=lambda v: v.level != "same_day")
    n_open = sum(view.state == "open" for view in person.considerations)
    if not raised and not n_open:
        return None
    blocks: list[Block] = [paragraph(say("consider.visit.intro"))]
    if raised:
        blocks.append(items(_front_line(view, phrases) for view in raised[:MOST_RAISED]))
    title = say("consider.visit.more_title")
    if len(raised) > MOST_RAISED:
        blocks.append(paragraph(record(say("consider.visit.more_raised", n=len(raised) - MOST_RAISED, title=title))))
    if n_open:
        blocks.append(paragraph(record(say("consider.visit.more_open", n=n_open, title=title))))
    return Section("considered", say("consider.visit.title"), tuple(blocks))


def _front_line(view: ConsiderationView, phrases: Phrases) -> Said:
    """A check in one line: its name, what to ask about, and whether it is for the same day."""
    is_today = view.level == "same_day"
    told = phrases.say("consider.visit.raised", name=view.name)
    first = next((tell for tell in view.check.tells if tell.plain), None)
    if first:
        told = phrases.say("consider.visit.front", told=told, test=first.plain)
    if is_today:
        told = phrases.say("consider.visit.front_today", told=told, today=phrases.say("consider.visit.same_day"))
    return Said(told, first.sources if first else view.check.sources, "record", is_strong=is_today)


def considered_annex(person: PersonView, phrases: Phrases) -> Section | None:
    """The same in full, behind the first page: checks raised with their reasons, checks still open, genes."""
    say = phrases.say
    raised = [view for view in person.considerations if view.state == "raised"]
    still_open = [view for view in person.considerations if view.state == "open"]
    known = [gene for gene in person.genes if gene.relation != "not_tried"]
    blocks: list[Block] = []
    for view in raised:
        blocks.append(paragraph(say("consider.visit.raised", name=view.name), is_note=True))
        blocks.append(items(_visit_lines(view, phrases)))
    if still_open:
        blocks.append(paragraph(say("consider.visit.open")))
        blocks.append(items(say("consider.visit.open_row", name=view.name) for view in still_open))
    if known:
        told = [say("consider.visit.gene", drug=g.treatment.name, text=g.text) for g in known]
        blocks += [paragraph(say("consider.visit.genes"), is_note=True), items(record(t) for t in told)]
        blocks.append(paragraph(say("consider.visit.gene_ask")))
    return Section("checks", say("consider.visit.more_title"), tuple(blocks)) if blocks else None


def _visit_lines(view: ConsiderationView, phrases: Phrases) -> Iterator[Said]:
    say = phrases.say
    if view.level == "same_day":
        yield Said(say("consider.visit.same_day"), is_strong=True)
    clues = [clue for clue in view.reasons if clue.direction == "for"]
    sources = tuple(dict.fromkeys(s for clue in clues for s in clue.clue.sources))
    yield Said(say("consider.visit.because", texts=" ".join(clue.text for clue in clues)), sources, "record")
    if view.tests:
        sources = tuple(dict.fromkeys(s for tell in view.check.tells for s in tell.sources))
        yield Said(say("consider.visit.ask", tests=" ".join(view.tests)), sources)
    yield Said(say("consider.visit.changes", text=view.changes), view.check.sources)
