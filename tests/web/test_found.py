"""What trials found, on the page of a treatment: control group, people, interval and certainty, in both modes."""

from __future__ import annotations

from web.visitor import Visitor


def test_a_person_reads_people_of_100(visitor: Visitor) -> None:
    home = visitor.person()
    page = visitor.get(f"{home}/options/lithium_aug").text
    assert "What trials found" in page
    assert "How sure we are" in page
    assert "a dummy pill beside the same antidepressant" in page
    assert "odds ratio" not in page
    assert "23 (15 to 34) in 100 people stopped it" in page, "16 of 69: Wilson's interval"
    assert "We have no checked numbers" in visitor.get(f"{home}/options/ifs").text


def test_a_clinician_reads_odds_ratio_counts_and_reasons(clinician: Visitor) -> None:
    home = clinician.person()
    page = clinician.get(f"{home}/options/ect").text
    assert "70 of 170 against 108 of 195" in page
    assert "odds ratio 0.56 (0.37 to 0.85)" in page
    assert "Because of risk of bias" in page
    assert "not a systematic review" in page
    assert "95 % interval" in page, "of the percentages of single studies"
    assert "interval not given by the source" in page
