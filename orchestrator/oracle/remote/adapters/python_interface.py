"""Asks a service by the user's own Python class."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.adapter import Adapter
from orchestrator.oracle.remote.adapters.calls import Call, Called
from orchestrator.oracle.remote.adapters.file import AdapterFile
from orchestrator.oracle.remote.adapters.http import CallHttp, Senders
from orchestrator.oracle.remote.adapters.images import ImageSettings
from orchestrator.oracle.remote.adapters.interface import Description, Interface
from orchestrator.oracle.remote.adapters.names import Names
from orchestrator.oracle.remote.adapters.paths import kind_of
from orchestrator.oracle.remote.adapters.python_loading import load_adapter, where
from orchestrator.oracle.remote.adapters.rows import (
    BadScores,
    Reading,
    Row,
    label_row,
    row_by_name,
    row_by_position,
)
from orchestrator.oracle.remote.adapters.yaml_form import offered_answers
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.request import Charge
from orchestrator.oracle.remote.service import ServiceError, Stopped


class PythonInterface(Interface):
    """Asks a service by the user's own Python class.

    Args:
        file: that holds the class.
        model: the service's name of the model.
        service: the address in the spec; "" if it has none.
        senders: sends requests.
    """

    def __init__(self, file: AdapterFile, model: str, service: str, senders: Senders) -> None:
        self._file, self._model, self._senders = file, model, senders
        self._service = service.rstrip("/")
        self._kind = load_adapter(file)
        try:
            image = ImageSettings(size=self._kind.image_size)
        except ValueError:
            raise UserError(
                f"the adapter {file.name}: image_size: expected 4,096 pixels at most, got "
                f"{self._kind.image_size:,}."
            ) from None
        self.description = Description(
            digest=hashlib.sha256(file.text.encode()).hexdigest(),
            kind=self._kind.answers,
            answers=offered_answers(self._kind.answers, self._kind.top),
            inputs=("text", "pixels"),
            image=image,
            images_per_call=self._kind.images_per_call,
            limits=Limits(classes=self._kind.most_classes),
        )

    def call(self, call: Call) -> Called:
        """See `Interface`."""
        http = CallHttp(self._senders, call.id)
        adapter = self._kind(http, self._model, self._service, self._senders.secrets)
        hidden = self._senders.secrets.hidden
        try:
            found = adapter.score([one.picture for one in call.images], list(call.texts))
            rows = _Reader(call, self._kind).rows(_plain(found))
        except (UserError, Stopped):
            raise
        except BadScores as error:
            raise ServiceError(f"{self._name}.score returned no scores: {error}") from None
        except Exception as error:
            problem = hidden(where(error, self._file))
            raise ServiceError(f"{self._name}.score failed: {problem}") from None
        return Called(rows, Charge(http.requests, tokens=adapter.tokens, money=adapter.money))

    def close(self) -> None:
        """See `Interface`."""
        self._senders.close()

    @property
    def _name(self) -> str:
        return f"the adapter {self._file.name}: {self._kind.__name__}"


@dataclass(frozen=True)
class _Reader:
    """Reads what a class returned for a call.

    Attributes:
        call: that was made.
        kind: the class.
    """

    call: Call
    kind: type[Adapter]

    def rows(self, found: Any) -> tuple[Row, ...]:
        """A row for each image.

        Raises:
            BadScores: they can't be read.
        """
        expected = len(self.call.images)
        if not isinstance(found, Sequence) or isinstance(found, str):
            raise BadScores(f"expected a list with an entry for each image, got {kind_of(found)}")
        if len(found) != expected:
            raise BadScores(f"expected {expected} entries, one for each image, got {len(found)}")
        return tuple(self._row(_plain(one)) for one in found)

    def _row(self, found: Any) -> Row:
        """What the class returned for one image."""
        reading, count = Reading(self.kind.answers), len(self.call.classes)
        if self.kind.answers == "label":
            index = self._index(found)
            if index is None:
                got = shown(found, 60)
                raise BadScores(f"{got!r} is none of the texts, and no number of a class")
            return label_row(index)
        if isinstance(found, Mapping):
            pairs = [(self._index(name), _plain(number)) for name, number in found.items()]
            row = row_by_name(pairs, count, reading)
            if row is None:
                raise BadScores("none of the names is one of the texts, or the number of a class")
            return row
        if not isinstance(found, Sequence) or isinstance(found, str):
            got = kind_of(found)
            raise BadScores(f"expected a list of {count} numbers, or a mapping, got {got}")
        return row_by_position([_plain(one) for one in found], count, reading)

    def _index(self, name: Any) -> int | None:
        """The class of a text, or of a number from 0."""
        return (self._texts if isinstance(name, str) else self._numbers).find(name)

    @cached_property
    def _texts(self) -> Names:
        return Names("text", self.call.classes, self.call.texts, ())

    @cached_property
    def _numbers(self) -> Names:
        return Names("index", self.call.classes, self.call.texts, ())


def _plain(value: Any) -> Any:
    """Lists and numbers of an array or a tensor; other values as they are."""
    return value.tolist() if hasattr(value, "tolist") else value
