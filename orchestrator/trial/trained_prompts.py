"""Final prompts of cells, by key: trained once, tested by any number of other cells."""

from __future__ import annotations

from methods.interface import State
from orchestrator.cell import Source
from orchestrator.errors import UserError
from orchestrator.store import tensor_file
from orchestrator.store.store import Store

_TITLE = "prompt"
_AGAIN = "The same command trains it again."


class PromptMissing(UserError):
    """A cell whose final prompt was to be tested has left none that can be read."""


def save_prompt(store: Store, key: str, state: State) -> None:
    """Keeps the method's last state, from which the deployed prompt can be rebuilt."""
    store.save_prompt(key, tensor_file.to_bytes(state.tensors, _TITLE, state.values))


def load_prompt(store: Store, source: Source) -> State:
    """The last state of the cell that a prompt comes from.

    Raises:
        PromptMissing: there is none, or it is damaged.
    """
    data = store.prompt(source.key)
    if data is None:
        raise PromptMissing(f"the prompt trained on {source.dataset} is not in the store. {_AGAIN}")
    try:
        return State(*tensor_file.from_bytes(data, _TITLE))
    except tensor_file.UnreadableTensors as error:
        store.forget_prompt(source.key)
        raise PromptMissing(
            f"the prompt trained on {source.dataset} is damaged ({error}). {_AGAIN}"
        ) from None
