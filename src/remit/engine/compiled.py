"""Plain functions over arrays, compiled where that pays.

A function that is written in the subset of Python that numba compiles exists once. For a few rows it simply runs, over
lists, which is quicker than over arrays; for a cohort it is compiled and kept on disk (extra `cohort`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

COMPILE_FROM = 100_000
"""Rows from which compiling is worth it: it takes seconds, once on a machine."""


def pays(n_rows: int) -> bool:
    """Whether so many rows are worth compiling for, and the compiler is there."""
    return n_rows >= COMPILE_FROM and importlib.util.find_spec("numba") is not None


def run(
    function: Callable[..., int],
    inputs: list[NDArray[Any]],
    numbers: list[int],
    outputs: list[NDArray[Any]],
    *,
    scratch: Sequence[tuple[int, float]] = (),
    is_many: bool | None = None,
) -> int:
    """Call `function(*inputs, *numbers, *scratch, *outputs)`, which fills the outputs; compiled if that pays.

    Parameters
    ----------
    scratch : sequence of pair of number
        Length and first content of lists that the function needs for itself.
    is_many : bool, optional
        Whether the call is one of those that many rows are cut into; by default the longest array says.

    Returns
    -------
    int
        What the function returns, such as how many entries it wrote.
    """
    if pays(max(map(len, (*inputs, *outputs)))) if is_many is None else is_many:
        own = [np.full(length, content) for length, content in scratch]
        return _compiled(function)(*map(_alike, inputs), *numbers, *own, *outputs)
    lists: list[list[Any]] = [array.tolist() for array in outputs]
    kept = [[content] * length for length, content in scratch]
    result = function(*[array.tolist() for array in inputs], *numbers, *kept, *lists)
    for array, filled in zip(outputs, lists, strict=True):
        array[:] = filled
    return result


def _alike(array: NDArray[Any]) -> NDArray[Any]:
    """A view that is contiguous and cannot be written to: else each kind of array is compiled for anew."""
    view: NDArray[Any] = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@cache
def _compiled(function: Callable[..., int]) -> Callable[..., int]:
    from numba import njit

    from remit.engine.places import Places

    compiled: Callable[..., int] = njit(cache=True, pipeline_class=Places)(function)
    return compiled
