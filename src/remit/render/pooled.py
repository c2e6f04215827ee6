"""What trials found, in words: for clinicians with odds ratio and counts, for a person as people of 100.

The numbers are pooled ahead of time (`remit.knowledge.pooled`); nothing here computes one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from remit.knowledge.pooled import STUDY, PooledEffect, PooledTable, RelapseRatio, Share
from remit.render.phrases import Phrases


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A finding in words, the ids of the studies that it rests on, and what a reader may want to know beside it."""

    text: str
    sources: tuple[str, ...]
    more: tuple[str, ...] = ()


class Found:
    """Says what pooled trials found.

    Parameters
    ----------
    table : PooledTable
    phrases : Phrases
    """

    def __init__(self, table: PooledTable, phrases: Phrases) -> None:
        self.table, self.say = table, phrases.say

    def of(self, option: str, form: str = "line") -> tuple[FoundLine, ...]:
        """Findings of an entry of the catalogue, for clinicians; none where no counts were read in a source.

        Parameters
        ----------
        option : str
        form : {"line", "short"}
            ``short`` leaves out what stands in the annex.
        """
        effects = [
            FoundLine(self.said(form, e, shares=self.shares(e)), e.source_ids, tuple(self.more(e)))
            for e in self.table.of(option)
        ]
        ratios = [FoundLine(self.ratio(r), (f"{STUDY}{r.study}",)) for r in self.table.relapse_of(option)]
        return (*effects, *ratios)

    def plain_of(self, option: str) -> tuple[FoundLine, ...]:
        """The same in plain words."""
        return tuple(FoundLine(self.plain(e), e.source_ids) for e in self.table.of(option))

    def said(self, key: str, effect: PooledEffect, **more: str) -> str:
        """A sentence about an effect; a sentence takes of its values what it names."""
        told = self.say(
            f"pooled.{key}",
            **self._sides(effect, "name"),
            **more,
            outcome=self.say(f"pooled.outcome.{effect.outcome}"),
            window=effect.window_text,
            trials=self.say("pooled.trials", n=effect.k),
            n=effect.n_people,
            events=effect.events,
            of=effect.n,
            events_control=effect.events_control,
            of_control=effect.n_control,
            ratio=f"{effect.odds_ratio:.2f}",
            low=f"{effect.lower:.2f}",
            high=f"{effect.upper:.2f}",
            certainty=effect.certainty,
        )
        return capitalised(told)

    def shares(self, effect: PooledEffect) -> str:
        """People of 100 on both sides; nothing where there is no share."""
        if effect.share is None or effect.share_control is None:
            return ""
        return self.say("pooled.shares", **_spelled(effect.share, effect.share_control))

    def plain(self, effect: PooledEffect) -> str:
        """One effect as people of 100, with how sure that is."""
        values: dict[str, Any] = self._sides(effect, "plain")
        values |= {
            "trials": self.say("pooled.plain.trials", n=effect.k, people=effect.n_people),
            "outcome": self.say(f"pooled.plain.outcome.{effect.outcome}"),
            "window": self.say(f"pooled.plain.window.{effect.window}"),
            "certainty": self.say(f"pooled.plain.certainty.{effect.certainty}"),
        }
        if effect.share is None or effect.share_control is None:
            counts = {"events": effect.events, "of": effect.n}
            controls = {"events_control": effect.events_control, "of_control": effect.n_control}
            return self.say("pooled.plain.counts", **values, **counts, **controls)
        return self.say("pooled.plain.shares", **values, **_spelled(effect.share, effect.share_control))

    def ratio(self, ratio: RelapseRatio) -> str:
        """One hazard ratio of relapse."""
        values: dict[str, Any] = {
            "people": ratio.people,
            "treatment": self.table.nodes[ratio.treatment].name,
            "against": ratio.against,
            "ratio": f"{ratio.hazard_ratio:.2f}",
        }
        if ratio.lower is None or ratio.upper is None:
            return self.say("pooled.relapse_bare", **values)
        return self.say("pooled.relapse", **values, low=f"{ratio.lower:.2f}", high=f"{ratio.upper:.2f}")

    def more(self, effect: PooledEffect) -> Iterator[str]:
        """Why certainty is not high, what a new trial may show, what is left out."""
        if effect.reasons:
            yield self.say("pooled.reasons", reasons="; ".join(effect.reasons))
        if effect.prediction_lower is not None and effect.prediction_upper is not None:
            low, high = f"{effect.prediction_lower:.2f}", f"{effect.prediction_upper:.2f}"
            yield self.say("pooled.new_study", low=low, high=high)
        if effect.left_out:
            yield self.say("pooled.left_out", studies="; ".join(effect.left_out))

    def study(self, source: str) -> str:
        """A study: where it was read, who paid, how it was judged, whom it took."""
        known = self.table.studies[source.removeprefix(STUDY)]
        return self.say(
            "pooled.study",
            cited=self.table.cited(source),
            funding=known.funding,
            bias=self.say(f"pooled.bias.{known.risk_of_bias}"),
            people=f"{known.trd_level}, {known.trd_definition}",
        )

    def _sides(self, effect: PooledEffect, field: str) -> dict[str, Any]:
        nodes = self.table.nodes
        return {
            "treatment": getattr(nodes[effect.treatment], field),
            "control": getattr(nodes[effect.control], field),
        }


def _spelled(share: Share, control: Share) -> dict[str, str]:
    """Shares as whole people of 100."""
    values = {"share": share.of_100, "low": share.low, "high": share.high}
    others = {"share_control": control.of_100, "low_control": control.low, "high_control": control.high}
    return {name: f"{value:.0f}" for name, value in (values | others).items()}


def capitalised(text: str) -> str:
    """With a capital first, unless the first word has capitals of its own."""
    return text if any(c.isupper() for c in text.split(" ", 1)[0]) else text[:1].upper() + text[1:]


def bare_ids(sources: tuple[str, ...]) -> str:
    """Ids of studies as a reader sees them."""
    return ", ".join(source.removeprefix(STUDY) for source in sources)
