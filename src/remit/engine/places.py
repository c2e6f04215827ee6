"""How kernels are compiled: an index is a place from 0 on, and never counts from the end.

In Python `a[-1]` is the last entry, so compiled code asks of every index whether it is negative, unless its type tells
that it cannot be. In kernels that do little else than read and write entries, that is a fifth to a third of the time.
Here an index is taken as a number without a sign. One that is negative after all would reach memory that is not the
array's, so tests run every kernel with bounds checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import build_definitions
from numba.core.untyped_passes import IRProcessing


class Places(CompilerBase):
    """The compiler, with one pass more."""

    def define_pipelines(self) -> list[Any]:
        """Its passes, in order."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(Unsigned, IRProcessing)
        passes.finalize()
        return [passes]


@register_pass(mutates_CFG=False, analysis_only=False)
class Unsigned(FunctionPass):
    """Takes the sign from the index of every entry that is read or written."""

    _name = "remit_unsigned_places"

    def __init__(self) -> None:
        FunctionPass.__init__(self)  # which is abstract: a pass has to have one

    def run_pass(self, state: Any) -> bool:
        """Change the function that `state` holds; say that it was changed."""
        blocks = state.func_ir.blocks
        for block in blocks.values():
            block.body = [line for statement in block.body for line in (*_cast(statement, block.scope), statement)]
        state.func_ir._definitions = build_definitions(blocks)
        return True


def _cast(statement: Any, scope: Any) -> Iterator[Any]:
    """Lines to go before a statement, whose index is changed for what they define."""
    entry = statement if isinstance(statement, ir.SetItem) else getattr(statement, "value", None)
    if entry is statement or (isinstance(entry, ir.Expr) and entry.op == "getitem"):
        loc = statement.loc
        unsigned, place = scope.redefine("$unsigned", loc), scope.redefine("$place", loc)
        yield ir.Assign(ir.Global("uint64", np.uint64, loc), unsigned, loc)
        yield ir.Assign(ir.Expr.call(unsigned, [entry.index], (), loc), place, loc)
        entry.index = place
