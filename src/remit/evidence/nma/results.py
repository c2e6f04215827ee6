"""What a network analysis returns: one piece per connected part, and nothing across pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from remit.errors import UsageError
from remit.evidence.data import LeftOut
from remit.evidence.nma.components import ComponentResult, additive
from remit.evidence.nma.piece import Piece
from remit.evidence.nma.studies import merge
from remit.evidence.numeric import chi2_upper
from remit.evidence.pair.results import plain


@dataclass(frozen=True)
class NetworkResult:
    """A network analysis.

    Attributes
    ----------
    measure, method, model : str
        As asked for.
    pieces : tuple of Piece
        Connected parts, the largest first. Nothing is compared across them.
    reference : str or None
        Treatment that effects are given against, in its own piece.
    small_values : str
        Whether small effects are ``desirable`` or ``undesirable``, for ranking.
    excluded : tuple of LeftOut
        Studies that are not used, with the reason.
    notes : tuple of str
        What a reader must know.
    """

    measure: str
    method: str
    model: str
    pieces: tuple[Piece, ...]
    reference: str | None
    small_values: str
    excluded: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    level: float

    @property
    def connected(self) -> bool:
        """All treatments hang together."""
        return len(self.pieces) == 1

    @property
    def ratio(self) -> bool:
        """Effects are logarithms of ratios."""
        return self.measure in ("or", "rr", "hr")

    def piece(self, treatment: str | None = None) -> Piece:
        """Return the piece with a treatment; without one, the piece of a network that is whole.

        Raises
        ------
        UsageError
            The treatment is unknown, or the network is in pieces and none was named.
        """
        if treatment is None and self.reference is not None:
            treatment = self.reference
        if treatment is None:
            if not self.connected:
                raise UsageError(f"the network is in {len(self.pieces)} pieces: name a treatment of the one you mean")
            return self.pieces[0]
        for piece in self.pieces:
            if treatment in piece.treatments:
                return piece
        known = ", ".join(t for piece in self.pieces for t in piece.treatments)
        raise UsageError(f"there is no treatment {treatment!r}: the network holds {known}")

    def effects(self) -> pl.DataFrame:
        """Effects against the reference in its piece; without a reference all pairs inside all pieces."""
        if self.reference is not None:
            return self.piece().effects(self.reference)
        return pl.concat([p.effects() for p in self.pieces])

    def additive(self, inactive: str | None = None, separator: str = "+") -> ComponentResult:
        """Additive component model over all pieces; common components join what the network leaves apart."""
        if self.connected:
            return self.pieces[0].additive(inactive, separator)
        if self.method == "mh":
            raise UsageError("the component model needs the effects of single studies: use inverse variance")
        return additive(
            merge([p.studies for p in self.pieces]),
            inactive=inactive,
            separator=separator,
            model=self.model,
            level=self.level,
        )

    def league(self, *, digits: int = 2) -> list[pl.DataFrame]:
        """League tables, one a piece."""
        return [p.league(digits=digits) for p in self.pieces]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as a plain dictionary.

        On the top level `q` and its parts are sums over the pieces; `tau2`, `i2` and `ranking` are there only if the
        network is whole.
        """
        pieces = [p.to_dict(self.reference, self.small_values) for p in self.pieces]
        first = pieces[0] if self.connected else {}
        sums = _sums(pieces)
        by_reason: dict[str, int] = {}
        for item in self.excluded:
            by_reason[item.reason] = by_reason.get(item.reason, 0) + 1
        result: dict[str, Any] = plain(
            {
                "schema": "remit-evidence-network/1",
                "measure": self.measure,
                "method": self.method,
                "model": self.model,
                "reference": self.reference,
                "small_values": self.small_values,
                "level": self.level,
                "components": len(self.pieces),
                "k": sum(p.k for p in self.pieces),
                "treatments": [t for p in self.pieces for t in p.treatments],
                "tau2": first.get("tau2"),
                "i2": first.get("i2"),
                "i2_lower": first.get("i2_lower"),
                "i2_upper": first.get("i2_upper"),
                **sums,
                "effects": self.effects(),
                "ranking": [],
                "pieces": [],
                "excluded": [e.to_dict() for e in self.excluded],
                "n_excluded": len(self.excluded),
                "excluded_by_reason": by_reason,
                "notes": list(self.notes),
            }
        )
        return {**result, "ranking": first.get("ranking", []), "pieces": pieces}


def _sums(pieces: list[dict[str, Any]]) -> dict[str, float | None]:
    """Q, its parts and their degrees of freedom over all pieces, with p values; None where a piece has none."""
    out: dict[str, float | None] = {}
    for q, df, p in (
        ("q", "df_q", "p_q"),
        ("q_within", "df_within", "p_within"),
        ("q_between", "df_between", "p_between"),
    ):
        known = all(piece[q] is not None for piece in pieces)
        out[q] = sum(piece[q] for piece in pieces) if known else None
        out[df] = sum(piece[df] for piece in pieces) if known else None
        out[p] = chi2_upper(sum(x[q] for x in pieces), sum(x[df] for x in pieces)) if known else None
    return out
