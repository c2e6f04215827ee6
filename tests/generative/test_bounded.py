"""Compiled kernels stay within their arrays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).parent / "bounded.py"
PERSONS = 300


def entry(column, at):
    """A kernel that reads."""
    return column[at]


def put(column, at):
    """A kernel that writes."""
    column[at] += 1
    return column[0]


@pytest.mark.parametrize("kernel", [entry, put])
def test_an_index_does_not_count_from_the_end(kernel):
    """Which a check of bounds sees."""
    numba = pytest.importorskip("numba")
    from remit.engine.places import Places

    column = np.arange(5)
    assert numba.njit(boundscheck=True)(kernel)(column.copy(), -1) == kernel(column.copy(), -1)
    places = numba.njit(boundscheck=True, pipeline_class=Places)(kernel)
    assert [places(column.copy(), at) for at in range(5)] == [kernel(column.copy(), at) for at in range(5)]
    for beyond in (-1, 5):
        with pytest.raises(IndexError):
            places(column.copy(), beyond)


def test_kernels_agree_with_the_oracle_within_their_bounds():
    """Every kernel that there is, on drawn persons, a small population and rows made by hand."""
    pytest.importorskip("numba")
    done = subprocess.run([sys.executable, PROGRAM, str(PERSONS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
