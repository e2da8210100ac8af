"""Asks a service as a YAML file says."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.body import Filling, filled
from orchestrator.oracle.remote.adapters.calls import Call, Called
from orchestrator.oracle.remote.adapters.http import CallHttp, Senders, refusal
from orchestrator.oracle.remote.adapters.interface import Description, Interface
from orchestrator.oracle.remote.adapters.names import Names
from orchestrator.oracle.remote.adapters.options import LETTERS, marks_of
from orchestrator.oracle.remote.adapters.paths import JsonPath, NotThere
from orchestrator.oracle.remote.adapters.rows import BadScores
from orchestrator.oracle.remote.adapters.scores import ScoreFinder, as_json, number_at
from orchestrator.oracle.remote.adapters.yaml_form import AdapterForm
from orchestrator.oracle.remote.adapters.yaml_reading import form_digest
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.http.exchange import Response
from orchestrator.oracle.remote.request import Charge
from orchestrator.oracle.remote.service import ModelChanged, ServiceError

_ADVICE = "check the paths in the adapter"


class YamlInterface(Interface):
    """Asks a service as a YAML file says.

    Args:
        form: the file.
        model: the service's name of the model.
        service: the address in the spec; "" if it has none.
        senders: sends requests.
    """

    def __init__(self, form: AdapterForm, model: str, service: str, senders: Senders) -> None:
        self._form, self._model, self._senders = form, model, senders
        self._service = service.rstrip("/")
        self._url = self._address(form.url)
        self._headers()  # what the environment lacks is said before anything is asked
        self._model_stated: str | None = None
        self._lock = Lock()
        most = form.per_request.images
        self.description = Description(
            digest=form_digest(form),
            kind=form.answer.kind,
            answers=form.answer.offered,
            inputs=form.inputs,
            image=form.image,
            images_per_call=None if most == "all" else most,
            limits=_limits(form),
        )

    def call(self, call: Call) -> Called:
        """See `Interface`."""
        http = CallHttp(self._senders, call.id)
        response = http.send(self._form.method, self._url, self._body(call), self._headers())
        answer = self._good(response, http)
        try:
            self._check_model(answer)
            rows = self._finder(call.classes, call.texts).rows(answer, len(call.images))
            return Called(rows, self._charge(answer, http.requests))
        except BadScores as error:
            raise self._senseless(str(error), answer, response.place) from None

    def stated(self) -> str:
        """See `Interface`."""
        probe = self._form.probe
        if probe is None:
            return ""
        http = CallHttp(self._senders, "")
        url, headers = self._address(probe.url), self._headers()
        response = http.send("GET", url, None, headers, free=True)
        answer = self._good(response, http)
        try:
            return str(JsonPath.parse(probe.fingerprint).find(answer))
        except NotThere as error:
            problem = f"probe.fingerprint: there is nothing at {probe.fingerprint}, for {error}"
            raise self._senseless(problem, answer, response.place) from None

    def check(self, classes: tuple[str, ...]) -> None:
        """See `Interface`."""
        self._finder(classes, classes)

    def close(self) -> None:
        """See `Interface`."""
        self._senders.close()

    def _finder(self, classes: tuple[str, ...], texts: tuple[str, ...]) -> ScoreFinder:
        by = self._form.answer.by
        names = None if by == "position" else Names(by, classes, texts, self._marks(len(classes)))
        return ScoreFinder(self._form.answer, len(classes), names)

    def _marks(self, classes: int) -> tuple[str, ...]:
        return marks_of(classes, self._form.options.marks)

    def _body(self, call: Call) -> Any:
        marks = self._marks(len(call.classes))
        filling = Filling(self._model, call.images, call.classes, call.texts, marks)
        return filled(self._form.body, filling)

    def _headers(self) -> Mapping[str, str]:
        resolved = self._senders.secrets.resolved
        return {
            name: resolved(value.replace("{model}", self._model))
            for name, value in self._form.headers.items()
        }

    def _address(self, template: str) -> str:
        if "{service}" in template and not self._service:
            raise UserError(
                "this adapter works for services at several addresses: give yours in the spec, "
                "such as backbone: {adapter: NAME, service: https://models.example.org, model: M}"
            )
        filled_in = template.replace("{service}", self._service).replace("{model}", self._model)
        return self._senders.secrets.resolved(filled_in)

    def _good(self, response: Response, http: CallHttp) -> Any:
        """The JSON of a response, if it is good."""
        if response.good or self._form.errors is None:
            return http.json(response)
        try:
            said = self._said(response.json())
        except ServiceError:
            said = ""
        if not said:
            return http.json(response)
        raise ServiceError(refusal(response, said))

    def _said(self, answer: Any) -> str:
        """What the service says of an error."""
        try:
            said = JsonPath.parse(str(self._form.errors)).find(answer)
        except NotThere:
            return ""
        return self._senders.secrets.said(said) if said else ""

    def _senseless(self, problem: str, answer: Any, place: str) -> ServiceError:
        """An error about an answer without scores."""
        said = self._said(answer) if self._form.errors is not None else ""
        if said:
            return ServiceError(f"the service at {place} says: {said}")
        said_by_it = self._senders.secrets.said
        return ServiceError(
            f"the service at {place} answered what the adapter can't read: "
            f"{said_by_it(problem, 500)}. Received: {said_by_it(as_json(answer))}. If this is how "
            f"it answers, {_ADVICE}."
        )

    def _check_model(self, answer: Any) -> None:
        """Refuses another model than the one that answered first."""
        if self._form.fingerprint is None:
            return
        try:
            stated = JsonPath.parse(self._form.fingerprint).find(answer)
        except NotThere:
            stated = None
        if stated is None:
            return
        with self._lock:
            first = self._model_stated = self._model_stated or str(stated)
        if first != str(stated):
            raise ModelChanged(
                f"the service of {self._model!r} answers with another model than before: "
                f"{self._form.fingerprint} was {shown(first, 80)!r} and is "
                f"{shown(stated, 80)!r}. What was measured on both can't be compared."
            )

    def _charge(self, answer: Any, requests: int) -> Charge:
        usage = self._form.usage
        tokens = 0 if usage.tokens is None else number_at(answer, usage.tokens, "usage.tokens")
        money = None if usage.money is None else number_at(answer, usage.money, "usage.money")
        return Charge(requests=requests, tokens=round(tokens), money=money)


def _limits(form: AdapterForm) -> Limits:
    """The limits of the service, and those of the alphabet."""
    classes = form.limits.classes
    if form.options.marks == "letters":
        classes = min(classes, LETTERS)
    return Limits(
        classes=classes,
        requests_per_minute=form.limits.requests_per_minute,
        concurrency=form.limits.concurrency,
    )
