"""Every vignette comes out as it was worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.vignettes import Vignette, differences, records_of, vignettes
from remit.knowledge import load_knowledge

NEEDED = {
    "pseudo_resistance_dose", "pseudo_resistance_duration", "pseudo_resistance_adherence", "intolerance",
    "same_class_twice", "augmentation", "combination", "retrial_after_response", "ect", "ongoing_not_yet",
    "partial_dates", "nothing_known", "bipolar_found", "measured_against_reported", "early_refills",
}  # fmt: skip


@pytest.mark.parametrize("vignette", vignettes(), ids=lambda v: v.id)
def test_vignette(vignette: Vignette, tmp_path: Path) -> None:
    knowledge = load_knowledge()
    records = records_of(vignette, knowledge, tmp_path)
    assert differences(vignette, records, knowledge) == []


def test_every_pattern_has_a_vignette() -> None:
    assert {v.id for v in vignettes()} >= NEEDED


def test_ids_of_persons_are_invented_and_short() -> None:
    """No vignette tells of a real person: no name, no address, a made-up id."""
    for vignette in vignettes():
        assert set(vignette.history["person"]) <= {"id", "birth_date", "sex", "country"}
