"""The verb `serve`: offers a backbone as an HTTP service, and shows what it has charged."""

from __future__ import annotations

import math
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel

from benchmarks.naming import did_you_mean
from benchmarks.quoting import quoted
from orchestrator.answers import Answers
from orchestrator.cli.quantities import bytes_in, seconds_in
from orchestrator.cli.service_charges import show_charges
from orchestrator.console import counted, say, warn
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import LOCAL, Backbone, ResolvedBackbone, resolve_backbone
from orchestrator.oracle.remote.description import Limits
from orchestrator.precision import Precision
from orchestrator.reading.validation import Refused, validated
from orchestrator.reading.yaml_text import NotPlainYaml, read_yaml
from orchestrator.server.access import Access, read_tokens
from orchestrator.server.faults import Faults
from orchestrator.server.ledger import MEMORY, LedgerDown, ServiceLedger, Sum
from orchestrator.server.listening import address_of, bound, cant_listen, others_reach
from orchestrator.spec.price import PriceSpec

if TYPE_CHECKING:
    from orchestrator.oracle.clip import LoadedClip
    from orchestrator.server.model import ServedModel

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
_DEFAULT_TOKEN = Backbone(model="").token_from
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Typed:
    """What was typed after `serve`, as it was typed; see `serve_options`."""

    backbone: str | None
    model: str | None
    precision: str
    threads: int
    answers: str
    host: str
    port: int
    requests_per_minute: float | None
    concurrency: int | None
    max_request: str
    token_from: str | None
    price: str | None
    ledger: str
    fail: float
    fail_seed: int | None
    latency: str


@dataclass(frozen=True)
class Understood:
    """The same, read and checked before anything is loaded."""

    backbone: Backbone
    name: str
    precision: Precision
    answers: Answers
    limits: Limits
    access: Access
    price: PriceSpec | None
    faults: Faults

    @classmethod
    def of(cls, typed: Typed, environment: Mapping[str, str]) -> Understood:
        """What was meant.

        Raises:
            UserError: an option can't be read, or means nothing that can be served.
        """
        backbone = _read(Backbone, typed.backbone or "pocket", "--backbone", "model")
        if backbone.remote:
            raise UserError(
                "--backbone: a service loads its model itself; leave `service` and `adapter` out."
            )
        numbers = {"--fail": typed.fail, "--requests-per-minute": typed.requests_per_minute}
        for option, number in numbers.items():
            if number is not None and not math.isfinite(number):
                raise UserError(f"{option}: expected a number, got {number}.")
        tokens = {} if typed.token_from is None else read_tokens(typed.token_from, environment)
        return cls(
            backbone,
            _name_of(typed.model, backbone),
            _precision(typed.precision),
            _read(Answers, typed.answers, "--answers", "kind"),
            Limits(
                request_bytes=_request_bytes(typed.max_request),
                requests_per_minute=typed.requests_per_minute,
                concurrency=typed.concurrency,
            ),
            Access(tokens),
            None if typed.price is None else _read(PriceSpec, typed.price, "--price"),
            Faults(typed.fail, typed.fail_seed, seconds_in(typed.latency, "--latency")),
        )


def serve(typed: Typed) -> None:
    """Offers a model until Ctrl-C or SIGTERM.

    Raises:
        UserError: an option is wrong, the address is taken, or the model can't be loaded.
    """
    wanted = Understood.of(typed, os.environ)
    backbone = resolve_backbone(wanted.backbone)  # a wrong name is refused before torch is loaded
    with bound(typed.host, typed.port, closed=not wanted.access.open) as listener:
        ledger = ServiceLedger.open(typed.ledger)
        try:
            _serve(wanted, backbone, typed, listener, ledger)
        finally:
            ledger.close()


def show_ledger(place: str, *, labels: bool = False) -> None:
    """Shows what each client was charged, and then what all were.

    Args:
        place: the ledger's file.
        labels: whether the sums of each label follow their client's.

    Raises:
        UserError: there is no ledger.
    """
    if place == MEMORY:
        raise UserError("--show-ledger needs --ledger FILE: what is in memory ends with a service.")
    ledger = ServiceLedger.open(place, new=False)
    try:
        sums = _sums(ledger, place)
    finally:
        ledger.close()
    if not sums:
        say(f"{place}: nothing was charged yet")
        return
    show_charges(sums, labels=labels)


def _sums(ledger: ServiceLedger, place: str) -> tuple[Sum, ...]:
    """What is in the ledger.

    Raises:
        UserError: it can't be read.
    """
    try:
        return tuple(ledger.sums())
    except LedgerDown as error:
        raise UserError(f"the ledger {place} can't be read: {error}.") from None


def _serve(
    wanted: Understood,
    backbone: ResolvedBackbone,
    typed: Typed,
    listener: socket.socket,
    ledger: ServiceLedger,
) -> None:
    import torch

    from orchestrator.server.running import Running, Service

    torch.set_num_threads(typed.threads)
    say(f"loading {wanted.backbone.model} ...")
    clip = _loaded(backbone, wanted.precision)
    model = _offered(clip, wanted)
    for remark in model.remarks:
        warn(remark)
    prices = None if wanted.price is None else wanted.price.prices
    service = Service(model, ledger, wanted.access, wanted.faults, prices, threads=typed.threads)
    try:
        Running(service, lambda: _tell(wanted, typed, listener, model)).serve(listener)
    except OSError as error:
        raise cant_listen(typed.host, typed.port, error) from None
    charged = sum(one.charge.requests for one in _sums(ledger, typed.ledger))
    say(f"ended; the ledger holds {counted(charged, 'charged request')}")


def _loaded(backbone: ResolvedBackbone, precision: Precision) -> LoadedClip:
    import torch

    from orchestrator.oracle.clip import load_clip
    from orchestrator.oracle.cpu_formats import remark_on

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if remark := remark_on(precision, device.type):
        warn(remark)
    return load_clip(backbone, precision, device)


def _offered(clip: LoadedClip, wanted: Understood) -> ServedModel:
    from orchestrator.server.model import Offer, ServedModel

    offer = Offer(wanted.name, wanted.precision, wanted.answers, wanted.limits)
    return ServedModel(clip, offer)


def _tell(wanted: Understood, typed: Typed, listener: socket.socket, model: ServedModel) -> None:
    """Says where the service is, what it offers, and how a spec uses it."""
    address, offered = address_of(listener), model.capabilities
    limits = offered.limits
    say(f"serving {wanted.name} at {address} ({wanted.precision}, model {offered.fingerprint})")
    say(f"  takes {', '.join(offered.inputs)}; answers with {offered.answers}")
    rate = limits.requests_per_minute
    quota = "any number of requests" if rate is None else f"{rate:g} requests a minute"
    at_once = "" if limits.concurrency is None else f", {limits.concurrency} answered at once"
    say(f"  each client may send {quota} of up to {limits.request_bytes:,} bytes{at_once}")
    clients = "anyone on this machine, without a token"
    if not wanted.access.open:
        clients = f"{', '.join(wanted.access.clients)}, by the tokens in {typed.token_from}"
    say(f"  clients: {clients}; charges are kept in {typed.ledger}")
    if others_reach(listener):
        warn("  other machines reach it without encryption: put a proxy with TLS in front of it")
    if wanted.faults.share or wanted.faults.latency:
        say(
            f"  on purpose, {100 * wanted.faults.share:g} % of the requests for scores fail, and "
            f"each takes {1000 * wanted.faults.latency:g} ms longer"
        )
    say("In a spec:\n")
    say(for_a_spec(address, wanted, offered.answers))
    say("\nCtrl-C ends it.")


def for_a_spec(address: str, wanted: Understood, offered: Answers) -> str:
    """Lines that are copied into a spec as they are, so they aren't indented."""
    lines = ["backbone:", f"  service: {address}", f"  model: {wanted.name}"]
    if not wanted.access.open:
        lines.append(f"  token_from: {_DEFAULT_TOKEN}  # the variable with the client's token")
    if not offered.full:
        lines.append(f"answers: {offered.richest}  # it gives no more")
    return "\n".join(lines)


def _read(model: type[Model], text: str, option: str, lone: str = "") -> Model:
    """A model of what was typed as YAML.

    Args:
        model: what is read.
        text: a mapping, or a lone value.
        option: names it in messages.
        lone: the field that a lone value is for; "" refuses one.
    """
    try:
        value: Any = read_yaml(text)
    except NotPlainYaml as error:
        raise UserError(f"{option}: expected YAML, got {quoted(text)}: {error}.") from None
    if isinstance(value, str) and lone:
        value = {lone: value}
    if not isinstance(value, Mapping):
        raise UserError(f"{option}: expected a mapping {{name: value}}, got {quoted(text)}.")
    try:
        return validated(model, value)
    except Refused as error:
        raise UserError("\n".join(f"{option}: {problem}" for problem in error.problems)) from None


def _name_of(given: str | None, backbone: Backbone) -> str:
    """The name that clients use: the backbone's, without what an address can't hold."""
    if given is None:
        last = backbone.model.removeprefix(LOCAL).rstrip("/")
        last = last.rpartition("/")[2] if backbone.model.startswith(LOCAL) else last
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", last).strip("-._")[:100]
        return plain or "model"
    if not _NAME.fullmatch(given):
        raise UserError(
            f"--model: expected a name of letters, digits and `_.:-`, such as pocket, got "
            f"{quoted(given)}."
        )
    return given


def _precision(given: str) -> Precision:
    known: tuple[Precision, ...] = get_args(Precision)
    for one in known:
        if given == one:
            return one
    raise UserError(f"--precision: {quoted(given)} is unknown. {did_you_mean(given, known)}")


def _request_bytes(given: str) -> int:
    least, most = 2**16, 2**32
    size = bytes_in(given, "--max-request")
    if not least <= size <= most:
        raise UserError(f"--max-request: expected {least:,} to {most:,} bytes, got {size:,}.")
    return size
