"""The page of `explain`: a tree from the statement down to source records and citations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text as Line
from rich.tree import Tree

from remit.knowledge import Definition, Knowledge
from remit.render.assessment_json import panel_json
from remit.render.crisis import has_sign, panel
from remit.render.explain import Node
from remit.render.phrases import Phrases
from remit.render.text.page import crisis_first, disclaimers
from remit.render.views import AssessmentView, PersonView


def explanation_page(
    view: AssessmentView,
    trees: list[tuple[PersonView, Node]],
    definition: Definition,
    knowledge: Knowledge,
    phrases: Phrases,
) -> Iterator[RenderableType]:
    """One tree per person."""
    say = phrases.say
    for person, node in trees:
        yield from crisis_first(person, knowledge, phrases)
        day = phrases.day(person.index_date)
        yield Line(say("explain.title", definition=definition.name, person=person.id, day=day), style="bold")
        yield Line(say("page.mode"))
        yield Line(say("page.knowledge", version=view.knowledge_version, day=phrases.day(view.knowledge_date)))
        yield Line()
        yield _tree(node, phrases)
        yield Line()
        yield Line(say("page.marks"))
        yield disclaimers(person.country, view.knowledge_date, knowledge, phrases)


def _tree(node: Node, phrases: Phrases) -> Tree:
    tree = Tree(Line(node.text, style="bold"))
    seen: set[tuple[str, ...]] = set()
    for child in node.children:
        _branch(child, tree, seen, phrases)
    return tree


def _branch(node: Node, parent: Tree, seen: set[tuple[str, ...]], phrases: Phrases) -> None:
    """A node and what is below it; a trial or citation that was shown already is only named."""
    if node.refs and node.kind in ("trial", "citation") and node.refs in seen:
        parent.add(Line(phrases.say("explain.seen", text=node.text.split(": ")[0])))
        return
    if node.kind in ("trial", "citation"):
        seen.add(node.refs)
    here = parent.add(Line(node.text, style="bold" if node.kind == "finding" else ""))
    for child in node.children:
        _branch(child, here, seen, phrases)


def explanation_head(person: PersonView, knowledge: Knowledge, phrases: Phrases) -> dict[str, Any]:
    """The crisis panel of a person as the first key, where there is a sign."""
    if not has_sign(person.signs):
        return {}
    return {"crisis": panel_json(panel(person.signs, person.country, knowledge, phrases))}
