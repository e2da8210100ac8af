"""What a plan must know of a black box before anything runs: in memory, or behind HTTP."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from methods.interface import Access, PromptSpace, Words
from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.oracle.space import planned_space
from orchestrator.oracle.text.config import check_tokenizer, context_refusal
from orchestrator.oracle.text.lengths import TextLengths
from orchestrator.oracle.weights.check import checked_weights


class BoxFacts(ABC):
    """What a black box takes, as far as it is known without using it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of it only when it runs."""
        return ()

    @property
    @abstractmethod
    def words(self) -> Words | None:
        """Counts the tokens of texts; None if it takes no soft context."""

    @property
    @abstractmethod
    def counts_tokens(self) -> bool:
        """Whether `counts` counts the model's own tokens; where it can't, it counts words."""

    @abstractmethod
    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without those that mark its start and end.

        Raises:
            UserError: a service doesn't answer.
        """

    @abstractmethod
    def space(self, class_names: tuple[str, ...]) -> PromptSpace:
        """The prompts that it accepts for some classes; for any, if there are none.

        Raises:
            UserError: it can't take these classes.
        """

    @abstractmethod
    def check_access(self, access: Access) -> None:
        """Refuses a method that sets what the box doesn't take, before the method is built.

        Raises:
            UserError: names what is missing.
        """

    def check_answers(self, wanted: Answers) -> None:
        """Refuses answers that the box doesn't give; a model in memory gives all.

        Raises:
            UserError: says which it gives.
        """
        del wanted

    @abstractmethod
    def check_texts(
        self, templates: Sequence[str], class_names: tuple[str, ...], *, soft: bool
    ) -> None:
        """Refuses prompts that it can't take with any of the class names.

        Args:
            templates: hand-written prompts that a method uses.
            class_names: the classes.
            soft: whether it sets a soft context.

        Raises:
            UserError: a text is too long, or soft context isn't taken.
        """


class LoadedFacts(BoxFacts):
    """Facts of an open_clip model, from its configuration and files.

    Raises:
        UserError: the file of its weights can't be used with it.
    """

    def __init__(self, backbone: ResolvedBackbone) -> None:
        self._backbone = backbone
        self._lengths = TextLengths(backbone)
        self._weights_notes = checked_weights(backbone)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `BoxFacts`."""
        return tuple(filter(None, (*self._weights_notes, self._lengths.note)))

    @property
    def words(self) -> Words | None:
        """See `BoxFacts`."""
        return None if context_refusal(self._backbone) else self._lengths

    @property
    def counts_tokens(self) -> bool:
        """See `BoxFacts`."""
        return not self._lengths.note

    def counts(self, texts: Sequence[str]) -> list[int]:
        """See `BoxFacts`."""
        return [self._lengths.count(text) for text in texts]

    def space(self, class_names: tuple[str, ...]) -> PromptSpace:
        """See `BoxFacts`; its context must hold every class name."""
        space = planned_space(self._backbone, class_names, self._lengths)
        self._lengths.check(("{}.",), class_names)
        return space

    def check_access(self, access: Access) -> None:
        """See `BoxFacts`; what a model takes is seen from the space of its prompts."""

    def check_texts(
        self, templates: Sequence[str], class_names: tuple[str, ...], *, soft: bool
    ) -> None:
        """See `BoxFacts`."""
        refusal = context_refusal(self._backbone)
        if soft and refusal:
            raise UserError(refusal)
        check_tokenizer(self._backbone)
        self._lengths.check(templates, class_names)


def facts_of(backbone: ResolvedBackbone) -> BoxFacts:
    """The facts of a black box; a service is asked.

    Raises:
        UserError: its weights can't be used, or the service doesn't answer.
    """
    if backbone.remote is None:
        return LoadedFacts(backbone)
    from orchestrator.plan.service_facts import ServiceFacts

    return ServiceFacts(backbone.remote)
