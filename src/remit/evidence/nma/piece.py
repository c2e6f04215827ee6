"""One connected part of a network, and what can be asked of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from remit.errors import UsageError
from remit.evidence.nma.components import ComponentResult, additive
from remit.evidence.nma.designs import QDecomposition, detached
from remit.evidence.nma.fit import NetworkFit
from remit.evidence.nma.flow import contributions
from remit.evidence.nma.heat import NetHeat, net_heat
from remit.evidence.nma.ranking import check_direction, p_scores, ranking
from remit.evidence.nma.split import Direct, direct_evidence, split, split_by_design
from remit.evidence.nma.studies import Studies
from remit.evidence.nma.tables import comparison_adjusted, effect_table, league_table
from remit.evidence.nma.threads import one_thread
from remit.evidence.pair.results import plain
from remit.evidence.types import Floats

DRAWS, SEED = 10_000, 20_261_122


@dataclass(frozen=True)
class Piece:
    """One connected part of a network.

    Attributes
    ----------
    studies : Studies
        Its treatments and studies.
    model, method : str
        The model that leads, ``common`` or ``random``; ``iv`` or ``mh``.
    common, random : NetworkFit
        Both models; with ``mh`` the same.
    tau2 : float
        Between-study variance of a difference; NaN with ``mh``.
    tau2_method : str
        Its estimator.
    q, df_q, p_q, i2, i2_lower, i2_upper : float
        Of the whole piece, on the common-effect model. I2 is ``(Q - df) / Q``, a share from 0 to 1.
    decomposition : QDecomposition or None
        Q within and between designs; None with ``mh``, where `q` is that between designs.
    level : float
        Confidence level.
    """

    studies: Studies
    model: str
    method: str
    common: NetworkFit
    random: NetworkFit
    tau2: float
    tau2_method: str
    q: float
    df_q: int
    p_q: float
    i2: float
    i2_lower: float
    i2_upper: float
    decomposition: QDecomposition | None
    level: float
    k: int
    n_people: int | None

    @property
    def treatments(self) -> tuple[str, ...]:
        """Treatments of the piece, sorted."""
        return self.studies.treatments

    @property
    def fit(self) -> NetworkFit:
        """The fit of the leading model."""
        return self.common if self.model == "common" else self.random

    @property
    def tau2_used(self) -> float:
        """tau2 of the leading model."""
        return 0.0 if self.model == "common" or math.isnan(self.tau2) else self.tau2

    @cached_property
    def _direct(self) -> Direct:
        return direct_evidence(self.studies, self.tau2_used)

    def direct(self) -> Direct:
        """Direct evidence of all pairs under the leading model."""
        return self._direct

    def effects(self, reference: str | None = None) -> pl.DataFrame:
        """Effects with limits, p values, prediction intervals and the number of direct studies.

        Parameters
        ----------
        reference : str, optional
            Only effects of the other treatments against this one; else all pairs, the first name against the second.
        """
        return effect_table(self, reference)

    def league(self, *, digits: int = 2) -> pl.DataFrame:
        """League table as text: the effect of the row against the column, back-transformed for ratios."""
        return league_table(self, digits)

    @one_thread()
    def rank(
        self, small_values: str = "desirable", difference: float = 0.0, draws: int = DRAWS, seed: int = SEED
    ) -> tuple[pl.DataFrame, Floats]:
        """P-scores, SUCRA and rank probabilities; see `remit.evidence.nma.ranking.ranking`."""
        return ranking(self.fit, self.treatments, check_direction(small_values), difference, draws, seed)

    def p_scores(self, small_values: str = "desirable", difference: float = 0.0) -> pl.DataFrame:
        """P-scores alone, the best first."""
        scores = p_scores(self.fit, check_direction(small_values), difference)
        frame = pl.DataFrame({"treatment": list(self.treatments), "p_score": scores})
        return frame.sort("p_score", "treatment", descending=[True, False])

    @one_thread()
    def split(self, by: str = "back-calculation", tau2: str | None = "refit") -> pl.DataFrame:
        """Direct against indirect evidence.

        Parameters
        ----------
        by : {"back-calculation", "design"}
            From variances, or by leaving out all studies of the pair.
        tau2 : {"refit", "keep"}
            For ``design``: estimate tau2 again in what remains, or keep it.
        """
        self._needs_effects("splitting")
        if by == "back-calculation":
            return split(self.studies, self.fit, self.tau2_used, self.level)
        if by != "design" or tau2 not in ("refit", "keep"):
            raise UsageError("by is 'back-calculation' or 'design'; tau2 is 'refit' or 'keep'")
        method = self.tau2_method if tau2 == "refit" and self.model == "random" else None
        return split_by_design(self.studies, self.fit, self.tau2_used, method, self.level)

    @one_thread()
    def heat(self) -> NetHeat:
        """Net heat matrices; with random effects at the tau2 within designs."""
        self._needs_effects("net heat")
        within = self.decomposition.tau2_within if self.decomposition is not None else 0.0
        return net_heat(self.studies, 0.0 if self.model == "common" else within)

    @one_thread()
    def detached(self) -> pl.DataFrame:
        """Q between designs once each design is detached; see `remit.evidence.nma.designs.detached`."""
        self._needs_effects("detaching designs")
        return detached(self.studies)

    @one_thread()
    def contributions(self) -> pl.DataFrame:
        """Share of each direct comparison in each network estimate."""
        self._needs_effects("the contribution matrix")
        return contributions(self.studies, self.tau2_used)

    @one_thread()
    def additive(self, inactive: str | None = None, separator: str = "+") -> ComponentResult:
        """Additive component model on this piece, tested against the network model."""
        self._needs_effects("the component model")
        standard = (self.q, self.df_q)
        return additive(
            self.studies, inactive=inactive, separator=separator, model=self.model, standard=standard, level=self.level
        )

    def funnel(self, order: list[str]) -> pl.DataFrame:
        """Comparison-adjusted funnel; see `remit.evidence.nma.tables.comparison_adjusted`."""
        self._needs_effects("the funnel")
        return comparison_adjusted(self, order)

    def _needs_effects(self, what: str) -> None:
        if self.method == "mh":
            raise UsageError(f"{what} needs the effects of single studies: use the inverse variance method")

    def to_dict(self, reference: str | None = None, small_values: str = "desirable") -> dict[str, Any]:
        """Return the piece as a plain dictionary."""
        inside = reference if reference in self.treatments else None
        parts = self.decomposition
        result: dict[str, Any] = plain(
            {
                "treatments": list(self.treatments),
                "k": self.k,
                "n": self.n_people,
                "tau2": None if math.isnan(self.tau2) else self.tau2,
                "q": self.q,
                "df_q": self.df_q,
                "p_q": self.p_q,
                "i2": self.i2,
                "i2_lower": self.i2_lower,
                "i2_upper": self.i2_upper,
                "q_within": parts.q_within if parts else None,
                "df_within": parts.df_within if parts else None,
                "p_within": parts.p_within if parts else None,
                "q_between": parts.q_between if parts else self.q,
                "df_between": parts.df_between if parts else self.df_q,
                "p_between": parts.p_between if parts else self.p_q,
                "interaction": {
                    "tau2_within": parts.tau2_within,
                    "q": parts.q_interaction,
                    "df": parts.df_interaction,
                    "p": parts.p_interaction,
                }
                if parts
                else None,
                "designs": parts.designs if parts else [],
                "note": parts.note if parts else "",
                "effects": self.effects(inside),
                "comparisons": self.effects(),
                "ranking": self.p_scores(small_values) if len(self.treatments) > 1 else [],
            }
        )
        return result
