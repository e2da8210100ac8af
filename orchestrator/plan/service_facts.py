"""What a plan must know of a service, as the service says it."""

from collections.abc import Sequence
from functools import cached_property

from methods.interface import Access, PromptSpace, Words
from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import RemoteModel
from orchestrator.oracle.remote.publishable import publishable
from orchestrator.oracle.remote.resolving import PATIENCE
from orchestrator.oracle.remote.service import Caller, Service, ServiceError
from orchestrator.oracle.remote.words import RemoteWords
from orchestrator.plan.box_facts import BoxFacts


class ServiceFacts(BoxFacts):
    """Facts of a service's model. It is asked only about what it hasn't said of itself.

    Args:
        model: the model, with what it said when it was resolved.
    """

    def __init__(self, model: RemoteModel) -> None:
        self._model, self._told = model, model.capabilities

    @cached_property
    def words(self) -> Words | None:
        """See `BoxFacts`."""
        return RemoteWords(self._service) if self._told.looks_up_words else None

    @property
    def counts_tokens(self) -> bool:
        """See `BoxFacts`."""
        return self._told.words

    def counts(self, texts: Sequence[str]) -> list[int]:
        """See `BoxFacts`; all are asked for at once."""
        if not self._told.words:
            return [len(text.split()) for text in texts]
        return self._service.count(texts)

    def space(self, class_names: tuple[str, ...]) -> PromptSpace:
        """See `BoxFacts`.

        Raises:
            ServiceError: it doesn't answer.
        """
        if not class_names:
            return self._told.space.space(self._told.images)
        most, longest = self._told.limits.classes, self._told.limits.text
        if len(class_names) > most:
            raise UserError(
                f"the service of {self._told.model!r} takes {most:,} classes, and there are "
                f"{len(class_names):,}"
            )
        for name in class_names:
            if len(name) > longest:
                raise UserError(self._too_long(name))
        try:
            return self._service.space(class_names)
        except ServiceError:
            raise
        except UserError as error:  # why cells are skipped is shown in reports
            raise UserError(publishable(str(error), self._model.backbone)) from None

    def check_access(self, access: Access) -> None:
        """See `BoxFacts`."""
        lacking = sorted(access.inputs.difference(self._told.inputs))
        if lacking:
            raise UserError(
                f"the service of {self._told.model!r} takes {_listed(self._told.inputs)}, and this "
                f"method sets {_listed(lacking)}: use another method, or another service"
            )

    def check_answers(self, wanted: Answers) -> None:
        """See `BoxFacts`."""
        offered = self._told.answers
        if wanted.can_be_made_of(offered):
            return
        name, all_scores = self._told.model, offered.kind in ("logits", "log_probabilities")
        if wanted.noise and not all_scores:
            raise UserError(
                f"noise is added to the scores of all classes, and the service of {name!r} answers "
                f"with {offered}: leave noise out of `answers`"
            )
        raise UserError(
            f"the service of {name!r} answers with {offered}, of which no answers of {wanted} can "
            f"be made: set answers: {offered.richest}"
        )

    def check_texts(
        self, templates: Sequence[str], class_names: tuple[str, ...], *, soft: bool
    ) -> None:
        """See `BoxFacts`; tokens are counted by the service, when it is asked."""
        del soft
        longest = max(class_names, key=len, default="")
        for template in templates:
            text = template.replace("{}", longest)
            if len(text) > self._told.limits.text:
                raise UserError(self._too_long(text))

    def _too_long(self, text: str) -> str:
        return (
            f"the service of {self._told.model!r} takes texts of {self._told.limits.text:,} "
            f"characters, and {text[:60]!r}... has {len(text):,}"
        )

    @cached_property
    def _service(self) -> Service:
        from orchestrator.oracle.remote.connect import connect

        caller = Caller(patience=PATIENCE)
        return connect(self._model.backbone, caller, self._told.fingerprint)


def _listed(inputs: Sequence[str]) -> str:
    """Inputs in words, such as `text and pixels`."""
    *first, last = inputs or ("nothing",)
    return f"{', '.join(first)} and {last}" if first else last
