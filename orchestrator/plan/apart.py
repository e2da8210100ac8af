"""Plans in a process of its own: a driver may run for days, and need not hold what planning loads.

Some plans check files of weights, which takes torch, of some 400 MB in every process.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar, cast

from orchestrator.errors import UserError

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls a function in a new process and returns its result.

    Where torch is imported already, it is called in this process.

    The process is not multiprocessing's, which would run the entry script again.

    Args:
        function: of a module other than the entry script; it can be pickled, and so can its
            arguments and what it returns.
        args: its arguments.
        kwargs: its arguments by name.

    Raises:
        UserError: as the function does; or its process ended early.
    """
    if "torch" in sys.modules:
        return function(*args, **kwargs)
    ours, theirs = Pipe()
    # -P: what lies in the working folder hides nothing of ours.
    command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
    path = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        command, pass_fds=[theirs.fileno()], env={**os.environ, "PYTHONPATH": path}
    ) as process:
        theirs.close()
        try:
            ours.send((function, args, kwargs))
            result = ours.recv()
        except (EOFError, ConnectionError):
            raise UserError(
                f"planning ended before it was done: its process ended with exit code "
                f"{process.wait()}, perhaps because memory ran out (what it said is above). "
                f"Nothing was run; the same command begins again."
            ) from None
    if isinstance(result, UserError):
        raise result
    return cast(T, result)


def main() -> None:
    """Calls the function that the other process sends, and sends what it returns or refuses."""
    theirs = Connection(int(sys.argv[1]))
    function, args, kwargs = theirs.recv()
    try:
        result = function(*args, **kwargs)
    except UserError as error:
        result = UserError(str(error))  # a subclass may not survive pickling
    except KeyboardInterrupt:  # a terminal sends Ctrl-C to both processes, and the other one speaks
        sys.exit(130)
    theirs.send(result)


if __name__ == "__main__":
    main()
