"""Letters of a record that would harm a page: shown by their number instead of being obeyed, dropped or printed wrong.

A name may be written in any script. What is no letter but a command, such as a control character or a switch of the
direction of writing, would act on a terminal or make a file invalid; it is shown as ``[U+0007]``, so that it is neither
lost nor obeyed. Text that runs from right to left is set apart, so that it does not turn the sentence around it.
"""

from __future__ import annotations

import unicodedata

KEPT = "\n"
LONGEST = 60
"""Letters of a name in a heading."""
ISOLATE, POP = "\u2068", "\u2069"
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2028\u2029")
"""Marks that switch the direction of writing, and line separators."""
_COMMANDS = frozenset({"Cc", "Cs", "Cn", "Co"})
"""Categories of Unicode without a letter: controls, halves of pairs, what is not assigned, private use."""
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def legible(text: str) -> str:
    """The text with commands shown by their number and right-to-left parts set apart; the same where there are none."""
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(numbered(letter) if _is_command(letter) else letter for letter in text)
    is_turned = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown)
    return f"{ISOLATE}{shown}{POP}" if is_turned and ISOLATE not in shown else shown


def shortened(text: str, most: int = LONGEST) -> str:
    """A name for a heading: cut with an ellipsis where it is long; the whole name stands elsewhere on the page."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def numbered(letter: str) -> str:
    """A letter by its number in Unicode."""
    return f"[U+{ord(letter):04X}]"


def _is_command(letter: str) -> bool:
    return letter not in KEPT and (letter in _TURNS or unicodedata.category(letter) in _COMMANDS)
