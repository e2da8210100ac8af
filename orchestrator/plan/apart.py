"""Plans in a process of its own: a driver may run for days, and need not hold what planning loads.

Building methods, to find out what they ask, takes torch, of some 400 MB in every process.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from orchestrator.errors import UserError

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns, called in a new process; in this one where torch is there anyway.

    Args:
        function: of a module; it can be pickled, and so can its arguments and what it returns.
            What it prints goes to standard error.
        args: its arguments.
        kwargs: its arguments by name.

    Raises:
        UserError: as the function does; or its process was killed.
    """
    if "torch" in sys.modules:
        return function(*args, **kwargs)
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=pickle.dumps((function, args, kwargs)),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    if done.returncode:
        raise UserError(
            f"planning ended before it was done: its process ended with exit code "
            f"{done.returncode}, perhaps because memory ran out (see above for what it said). "
            f"Nothing was run; the same command begins again."
        )
    result = pickle.loads(done.stdout)
    if isinstance(result, UserError):
        raise result
    return cast(T, result)


def main() -> None:
    """Calls the function that standard input holds, and writes what it returns or refuses."""
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    function, args, kwargs = pickle.load(sys.stdin.buffer)
    try:
        result = function(*args, **kwargs)
    except UserError as error:
        result = UserError(str(error))  # others need not survive being pickled
    except KeyboardInterrupt:  # a terminal sends Ctrl-C to both processes, and the other one speaks
        sys.exit(130)
    pickle.dump(result, output)


if __name__ == "__main__":
    main()
