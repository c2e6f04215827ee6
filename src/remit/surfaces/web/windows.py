"""Two windows on one form: what was not touched in the one stays as the other saved it."""

from __future__ import annotations

import json
from collections.abc import Mapping

STEPS = "step_"
"""Rows of doses move up where one is emptied, so they are taken as a whole."""


def shown(form: Mapping[str, str]) -> str:
    """What a page shows in its fields, to be sent back beside them."""
    return json.dumps(dict(form), ensure_ascii=False)


def merged(sent: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The fields that a page sends, but those that were not touched there as they stand on record by now.

    Parameters
    ----------
    sent : mapping
        With `was`, what the page showed, and `touched`, names of fields that were edited and may be as before again.
    now : mapping
        What the page would show now.
    """
    was = _read(sent.get("was", ""))
    if was is None or was == now:
        return dict(sent)
    known = {*was, *now}
    touched = {*sent.get("touched", "").split(), *(n for n in {*sent, *known} if sent.get(n, "") != was.get(n, ""))}
    if any(name.startswith(STEPS) for name in touched):
        touched |= {name for name in known if name.startswith(STEPS)}
    kept = {name: now.get(name, "") for name in known - touched}
    return {**sent, **kept}


def _read(text: str) -> dict[str, str] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else None
