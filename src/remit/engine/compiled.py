"""Plain functions over arrays, compiled where that pays.

A function that is written in the subset of Python that numba compiles exists once. For a few rows it simply runs, over
lists, which is quicker than over arrays; for a cohort it is compiled and kept on disk (extra `cohort`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

from numpy.typing import NDArray

COMPILE_FROM = 100_000
"""Rows from which compiling is worth it: it takes seconds, once on a machine."""


def pays(n_rows: int) -> bool:
    """Whether so many rows are worth compiling for, and the compiler is there."""
    return n_rows >= COMPILE_FROM and importlib.util.find_spec("numba") is not None


def run(
    function: Callable[..., int], inputs: list[NDArray[Any]], numbers: list[int], outputs: list[NDArray[Any]]
) -> int:
    """Call `function(*inputs, *numbers, *outputs)`, which fills the outputs; compiled if the inputs are long.

    Returns
    -------
    int
        What the function returns, such as how many entries it wrote.
    """
    if pays(len(inputs[0])):
        return _compiled(function)(*inputs, *numbers, *outputs)
    lists: list[list[Any]] = [array.tolist() for array in outputs]
    result = function(*(array.tolist() for array in inputs), *numbers, *lists)
    for array, filled in zip(outputs, lists, strict=True):
        array[:] = filled
    return result


@cache
def _compiled(function: Callable[..., int]) -> Callable[..., int]:
    import numba

    compiled: Callable[..., int] = numba.njit(cache=True)(function)
    return compiled
