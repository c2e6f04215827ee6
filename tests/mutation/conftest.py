"""The option that tries every mutant; without it a sample is tried."""

from __future__ import annotations

import pytest

from mutation.check import base
from mutation.mutants import mutants

EVERY = 12


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all-mutants`, used by `just mutation`."""
    parser.addoption("--all-mutants", action="store_true", help="try every mutant, not a sample")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item per mutant."""
    if "mutant" in metafunc.fixturenames:
        chosen = list(mutants(base()))
        if not metafunc.config.getoption("--all-mutants", default=False):
            chosen = [m for m in chosen if not m.is_policy][::EVERY]  # the policy's need the specifications: slow
        metafunc.parametrize("mutant", chosen, ids=[m.name for m in chosen])
