#!/usr/bin/env python3
"""What `ray submit` uploads and runs; people type `querycurve`, which is the same."""

import sys

try:
    from orchestrator.cli.main import main
except ModuleNotFoundError as error:
    sys.stderr.write(
        f"error: {sys.executable} lacks {error.name}. Run 'make install' in the project's folder, "
        f"then .venv/bin/querycurve with the same arguments.\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    main()
