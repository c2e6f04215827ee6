"""When Python looks for garbage, in a process of ours.

Nearly all that a start makes lives until the end. Looking through it time and again, and once more on the way out,
took a quarter of a short command's time.
"""

from __future__ import annotations

import atexit
import gc

YOUNG = 200_000
"""New objects after which garbage is looked for among them; a command about one person makes fewer."""
USUAL = gc.get_threshold()
SERVED = 20_000
"""The same while pages are served. One of a long record makes as many, and nearly all go by themselves: to look through
every few hundred of them took a tenth of its time, and one page in four also waited for a look through all that is
kept."""


def spare() -> None:
    """Look for garbage seldom, and not at the end of the process."""
    gc.set_threshold(YOUNG)
    atexit.register(gc.freeze)


def resume(young: int = USUAL[0]) -> None:
    """Look for it again, among what is made from now on: what follows may take hours, or much memory.

    Parameters
    ----------
    young : int
        New objects after which garbage is looked for among them.
    """
    if gc.get_threshold()[0] == YOUNG:
        gc.freeze()
        gc.set_threshold(young, *USUAL[1:])
