"""What popular articles say: all of it, with verdicts, and nothing settled without a source."""

from __future__ import annotations

from collections import Counter

from remit.knowledge import load_knowledge

CLAIMS = load_knowledge().claims


def test_all_claims_and_their_verdicts() -> None:
    assert sorted(CLAIMS) == [f"c{n:03}" for n in range(1, 114)]
    assert Counter(c.verdict for c in CLAIMS.values()) == {
        "partly": 44, "supported": 43, "not_verifiable": 22, "contradicted": 4,
    }  # fmt: skip


def test_a_verdict_rests_on_a_source() -> None:
    assert [
        i for i, c in CLAIMS.items() if c.verdict in ("supported", "partly", "contradicted") and not c.sources
    ] == []
    assert [i for i, c in CLAIMS.items() if c.verified == "yes" and not c.sources] == []


def test_what_was_contradicted() -> None:
    assert {i for i, c in CLAIMS.items() if c.verdict == "contradicted"} == {"c030", "c051", "c072", "c104"}


def test_the_claim_that_is_never_shown_to_patients_says_so() -> None:
    assert "never" in (CLAIMS["c100"].shown_instead or "").lower()


def test_claims_lead_to_the_catalogue() -> None:
    assert {"c046", "c050", "c104"} <= {i for i, c in CLAIMS.items() if "saint_snt" in c.treatments}
    assert CLAIMS["c072"].treatments == ("mebufotenin_gh001",)
