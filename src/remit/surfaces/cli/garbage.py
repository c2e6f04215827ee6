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


def spare() -> None:
    """Look for garbage seldom, and not at the end of the process."""
    gc.set_threshold(YOUNG)
    atexit.register(gc.freeze)


def resume() -> None:
    """Look for it as usual among what is made from now on: what follows may take hours, or much memory."""
    if gc.get_threshold()[0] == YOUNG:
        gc.freeze()
        gc.set_threshold(*USUAL)
