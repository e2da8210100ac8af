"""Final prompts of cells in the store: trained once, and tested by any number of other cells."""

from methods.interface import State
from orchestrator.cell import Source
from orchestrator.errors import UserError
from orchestrator.store import tensor_file
from orchestrator.store.store import Store

_TITLE = "prompt"
_AGAIN = "Run the same command again to train it."


class PromptMissing(UserError):
    """The final prompt of a cell, which another cell tests, is missing or damaged."""


def save_prompt(store: Store, key: str, state: State) -> None:
    """Stores the method's final state, from which its prompt can be rebuilt."""
    store.save_prompt(key, tensor_file.to_bytes(state.tensors, _TITLE, state.values))


def stored_prompt(store: Store, key: str) -> State | None:
    """The final state of the method of a cell, left as it is; None if it isn't in the store.

    Raises:
        tensor_file.UnreadableTensors: it is damaged.
    """
    data = store.prompt(key)
    return None if data is None else State(*tensor_file.from_bytes(data, _TITLE))


def load_prompt(store: Store, source: Source) -> State:
    """The final state of the method of the cell that trained a prompt. A damaged one is removed.

    Raises:
        PromptMissing: it is missing or damaged.
    """
    try:
        state = stored_prompt(store, source.key)
    except tensor_file.UnreadableTensors as error:
        store.forget_prompt(source.key)
        raise PromptMissing(
            f"the prompt trained on {source.dataset} is damaged ({error}). {_AGAIN}"
        ) from None
    if state is None:
        raise PromptMissing(f"the prompt trained on {source.dataset} is not in the store. {_AGAIN}")
    return state
