"""Each threshold, moved by one step, is noticed: a sample in every run of the tests, all by `just mutation`."""

from __future__ import annotations

from mutation.check import base, is_noticed
from mutation.mutants import NO_DIFFERENCE, Mutant, mutants


def test_mutant_is_noticed(mutant: Mutant) -> None:
    assert is_noticed(mutant)


def test_the_knowledge_itself_is_not_noticed() -> None:
    """The check would be worthless if it complained of what is not changed."""
    definitions = tuple(d.id for d in base().definitions)
    assert not is_noticed(Mutant("unchanged", lambda: base().library, definitions))


def test_mutants_that_no_history_can_show_are_not_noticed() -> None:
    """Otherwise they would be left out for nothing."""
    left_out = [m for m in mutants(base(), everything=True) if m.name in NO_DIFFERENCE]
    assert {m.name for m in left_out} == NO_DIFFERENCE
    assert [m.name for m in left_out if is_noticed(m)] == []


def test_every_definition_and_every_rule_in_use_is_mutated() -> None:
    names = [m.name for m in mutants(base())]
    for definition in base().definitions:
        assert any(name.startswith(f"definitions/{definition.id}:") for name in names)
    for key in base().rules_in_use:
        assert any(name.startswith(f"rules/{base().rules[key].id}:") for name in names)
    assert len(names) == len(set(names))
