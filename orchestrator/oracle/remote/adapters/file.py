"""The file of an adapter: found by path or name, read once, and sent along to where it is used."""

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.naming import did_you_mean
from benchmarks.quoting import cut
from orchestrator.errors import UserError
from orchestrator.oracle.given_files import given_path

READY = Path(__file__).parents[4] / "benchmarks" / "adapters"
"""Adapters that come with the project."""
LARGEST = 2**20
"""Bytes of an adapter at most: people write them."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""An environment variable in YAML."""
_SECRET = re.compile(r"""\bsecret\(\s*["']([A-Za-z_][A-Za-z0-9_]*)["']""")
"""One in Python."""
_ENDINGS = (".yaml", ".yml", ".py")


@dataclass(frozen=True)
class AdapterFile:
    """An adapter's file as it was read.

    Attributes:
        name: of the file, without folders; for messages.
        text: its contents.
    """

    name: str
    text: str

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that it names, each once, without the one that `{token}` is."""
        found = (_SECRET if self.python else VARIABLE).findall(self.text)
        return tuple(dict.fromkeys(found))

    @property
    def python(self) -> bool:
        """Whether it is Python, and not YAML."""
        return self.name.endswith(".py")


def ready_adapters() -> tuple[str, ...]:
    """Names of the adapters that come with the project, sorted."""
    return tuple(sorted(path.stem for path in READY.glob("*.yaml")))


def read_adapter(given: str) -> AdapterFile:
    """The file of an adapter.

    Args:
        given: its path, from the working directory; or the name of one of `ready_adapters`.

    Raises:
        UserError: there is none, or it can't be read.
    """
    path = _path(given)
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"adapter {path}: the file is larger than {LARGEST // 1024:,} KiB.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"adapter {path}: the file is not text in UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"adapter {cut(given)!r} can't be read: {reason}.") from None
    return AdapterFile(path.name, text)


def _path(given: str) -> Path:
    """Where the file is."""
    if given in ready_adapters():
        return READY / f"{given}.yaml"
    path = given_path(given)
    if path is None or not path.is_file():
        near = did_you_mean(given, ready_adapters())
        raise UserError(
            f"adapter {cut(given)!r}: there is no such file, and no adapter of this name. Give the "
            f"path of a YAML or Python file, or a name. {near}"
        )
    if path.suffix not in _ENDINGS:
        raise UserError(
            f"adapter {cut(given)!r}: expected a file whose name ends in {', '.join(_ENDINGS)}."
        )
    return path
