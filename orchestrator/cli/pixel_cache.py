"""What a person says and sees of the pixels that are kept on this machine."""

from rich.filesize import decimal

from orchestrator.cli.quantities import bytes_in
from orchestrator.console import counted, say
from orchestrator.pixels.cache.folder import pixel_folder
from orchestrator.pixels.cache.kept import kept_in

OPTION = "--pixel-cache"


def pixel_limit(text: str) -> int:
    """The most bytes that pixels may take on a machine, of an option's text.

    Raises:
        UserError: it is no size.
    """
    return 0 if text.strip() == "0" else bytes_in(text, OPTION, "20GB or 500MB, or 0 to keep none")


def show_pixels() -> None:
    """A line on what is kept here; nothing where nothing is."""
    try:
        folder = pixel_folder()
    except RuntimeError:
        return
    kept = kept_in(folder)
    if kept.lists:
        say(
            f"pixels kept on this machine: {decimal(kept.size)} in "
            f"{counted(kept.lists, 'list')}, in {folder} (may be deleted at any time)"
        )
