#!/usr/bin/env python3
"""What `ray submit` uploads; people type `querycurve`, which is the same command."""

import sys

try:
    from orchestrator.cli.main import main
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] in ("orchestrator", "benchmarks", "methods"):
        raise
    sys.stderr.write(
        f"error: {sys.executable} has no package {error.name!r}. Run `make install` once, and "
        f"then `.venv/bin/querycurve` in place of this file.\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    main()
