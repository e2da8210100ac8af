"""The command people type, and what `ray submit` uploads."""

from orchestrator.cli.main import main

if __name__ == "__main__":
    main()
