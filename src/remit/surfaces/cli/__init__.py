"""The command line. Exit codes: 0 done, 1 a fault of ours, 2 wrong usage, 3 input refused.

What a command needs (Polars, Pydantic, the flow) is imported inside it, so that `remit --help` starts at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path

from remit.errors import RemitError
from remit.surfaces.cli.garbage import spare

FAULT_OF_OURS = 1


def main(argv: list[str] | None = None) -> None:
    """Run a command and leave with its exit code; the entry point `remit`.

    Parameters
    ----------
    argv : list of str, optional
        Arguments without the program's name; `sys.argv` by default.
    """
    if argv is None:
        spare()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    given = sys.argv[1:] if argv is None else argv
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`remit ... | head`): nothing is left to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAULT_OF_OURS
    sys.exit(code)


def _run(argv: list[str]) -> int:
    from remit.surfaces.cli.app import app

    try:
        app(args=argv, prog_name="remit")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BrokenPipeError:
        raise
    except RemitError as error:
        print(f"remit: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except Exception as error:
        return _unexpected(error, is_debug="--debug" in argv)
    return 0


def _unexpected(error: Exception, *, is_debug: bool) -> int:
    """Say that this is a fault of ours, without any value of the input; the traceback only if asked for."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    print(  # noqa: T201
        f"remit: a fault in Remit itself ({type(error).__name__} at {place}), not in your input. Please report this "
        "line with the output of `remit --version`; `remit --debug ...` shows more, and may show values of your file.",
        file=sys.stderr,
    )
    if is_debug:
        traceback.print_exception(error)
    return FAULT_OF_OURS
