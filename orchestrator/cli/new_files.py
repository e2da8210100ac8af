"""Fills in the templates of the verb `new`, and writes them where nothing is yet."""

from __future__ import annotations

import keyword
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Literal

from orchestrator.console import say
from orchestrator.errors import UserError

Kind = Literal["method", "dataset"]

TEMPLATES = Path(__file__).parent / "templates"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SUITES = Path("tests/methods/test_conformance.py")
_PINS = Path("tests/methods/pins.json")
_BEFORE = "\n\ndef test_every_registered_method_and_variant_is_covered"
"""Where a class is added in the file of suites."""


@dataclass(frozen=True)
class _New:
    """What is made, as templates call it.

    Attributes:
        kind: a method or a dataset.
        name: its name in specs, which is its module's too.
    """

    kind: Kind
    name: str

    @property
    def class_(self) -> str:
        """The name of its class."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def place(self) -> str:
        """Where its class is in a package of its own."""
        return f"{self.name}:{self.class_}"

    def filled(self, template: str, place: str = "") -> str:
        """A template with its names."""
        text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
        words = self.name.replace("_", " ").strip()
        return Template(text).substitute(
            kind=self.kind,
            name=self.name,
            class_=self.class_,
            place=place or self.place,
            package=self.name.strip("_").replace("_", "-"),
            title=words[:1].upper() + words[1:],
        )


def write_new(kind: Kind, name: str, to: Path | None) -> None:
    """Writes a method or a dataset, and says what was written and what comes next.

    Args:
        kind: which of them.
        name: its name in specs.
        to: folder of the package; None takes NAME here, or the project's folders in a clone of it.

    Raises:
        UserError: the name can't be one or is taken, or there is a file already.
    """
    made = _New(kind, name)
    _check_name(made)
    in_clone = to is None and _is_clone(Path.cwd())
    (_write_in_clone if in_clone else _write_package)(made, to or Path(name))


def _check_name(made: _New) -> None:
    from benchmarks.datasets.registry import dataset_names
    from methods.registry import method_names

    name = made.name
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UserError(
            f"{name!r} can't be the name of a {made.kind}: expected lower-case letters, digits and "
            f"`_`, the first a letter, and no word of Python, such as my_{made.kind}."
        )
    names = method_names() if made.kind == "method" else dataset_names()
    if name in names:
        raise UserError(f"there is a {made.kind} called {name}: choose another name.")
    if find_spec(name) is not None:
        raise UserError(
            f"there is a module called {name}, which a package of that name would hide: choose "
            f"another name."
        )


def _is_clone(folder: Path) -> bool:
    """Whether a folder is the one that holds this project's packages and its tests."""
    ours = Path(__file__).parents[2]
    return folder.resolve() == ours and (folder / _SUITES).is_file()


def _write_package(made: _New, folder: Path) -> None:
    files = {
        "pyproject.toml": made.filled("pyproject.toml"),
        f"{made.name}.py": made.filled(f"{made.kind}.py"),
        f"tests/test_{made.name}.py": made.filled(f"{made.kind}_test.py"),
        "try.yaml": made.filled(f"{made.kind}_spec.yaml"),
    }
    _write(folder, files)
    if made.kind == "method":
        _pin(folder, "tests/pins.json", made.place)
    told = [*files, *(["tests/pins.json"] if made.kind == "method" else [])]
    say(f"wrote in {folder}: {', '.join(told)}")
    say(f"next:  cd {shlex.quote(str(folder))}")
    say("       python -m pytest              (needs pip install 'querycurve[testing]')")
    say("       querycurve run try.yaml")
    say(f"       pip install --editable .      (then specs anywhere may say {made.name})")


def _write_in_clone(made: _New, _: Path) -> None:
    if made.kind == "method":
        _write(Path(), {f"methods/{made.name}.py": made.filled("method.py")})
        _add_suite(made)
        _pin(Path(), str(_PINS), made.name)
        say(f"wrote methods/{made.name}.py, and its pins in {_PINS}")
        say("next:  python -m pytest tests/methods")
    else:
        test = f"tests/benchmarks/datasets/zoo/test_{made.name}.py"
        module = f"benchmarks/datasets/zoo/{made.name}.py"
        text = made.filled("dataset_test.py", place=made.name)
        _write(Path(), {module: made.filled("dataset.py"), test: text})
        say(f"wrote {module} and {test}")
        say(f"next:  python -m pytest {test}")


def _add_suite(made: _New) -> None:
    """Adds a method's class to the file of suites, or says what to add."""
    lines = (
        f"class Test{made.class_}(MethodSuite):\n"
        f'    name = "{made.name}"\n'
        f"    moves = False  # a step may keep the prompt that it had\n"
    )
    text = _SUITES.read_text(encoding="utf-8")
    if text.count(_BEFORE) == 1:
        _SUITES.write_text(text.replace(_BEFORE, f"\n\n{lines}{_BEFORE}"), encoding="utf-8")
        say(f"added Test{made.class_} to {_SUITES}")
    else:
        say(f"add to {_SUITES}:\n\n{lines}")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Writes files, all of them or none.

    Raises:
        UserError: one is there already, or can't be written.
    """
    there = next((path for name in files if os.path.lexists(path := folder / name)), None)
    if there is not None:
        raise UserError(f"{there} is there already, and is left as it is: choose another name.")
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise UserError(f"{folder} can't be written: {error.strerror or error}.") from None


def _pin(folder: Path, file: str, name: str) -> None:
    """Writes down what a method proposes, in a process that finds it in its folder.

    Raises:
        UserError: it can't be run.
    """
    command = [sys.executable, "-P", "-m", "querycurve.testing.pins", file, name]
    # The folder first: seen from the one around it, its name is that of a package without modules.
    path = os.pathsep.join([str(folder.resolve()), *filter(None, sys.path)])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"its proposals can't be pinned: {done.stderr.strip().splitlines()[-1]}")
