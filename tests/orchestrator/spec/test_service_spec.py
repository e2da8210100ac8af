"""A spec names a service and how it is asked; nothing that is published says where it is."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone
from orchestrator.search.study import _fingerprint
from orchestrator.spec.load import load_spec, spec_as_yaml
from orchestrator.spec.spec import Spec

HERE = "http://127.0.0.1:8000"


def service(**fields: Any) -> Backbone:
    return Backbone(model="clip", **{"service": HERE, **fields})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"service": HERE, "pretrained": "openai"}, "leave `pretrained` out, got 'openai'"),
        ({"adapter": "chat.yaml", "pretrained": "openai"}, "leave `pretrained` out"),
        ({"requests_per_minute": 60}, "requests_per_minute says how a service is asked"),
        ({"in_flight": 2}, "in_flight says how a service is asked"),
        ({"timeout": 3}, "timeout says how a service is asked"),
        ({"token_from": "TOKEN"}, "token_from says how a service is asked"),
        ({"service": HERE, "token_from": "sk-secret 1"}, "expected the name of the environment"),
        ({"service": "ftp://host"}, "expected an address with http:// or https://"),
        ({"service": "http://me:word@host"}, "may not hold a user or password"),
        ({"service": HERE, "in_flight": 0}, "greater than or equal to 1"),
        ({"service": HERE, "requests_per_minute": 0}, "greater than 0"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Backbone(model="clip", **fields)


def test_a_token_that_stands_where_its_variable_should_is_not_repeated() -> None:
    with pytest.raises(UserError) as refused:
        load_spec("demo", (f"backbone={{service: '{HERE}', model: m, token_from: sk-abcdefgh}}",))
    assert "sk-abcdefgh" not in str(refused.value)
    assert "the environment variable that holds the service's token" in str(refused.value)


def test_a_backbone_that_is_loaded_is_written_as_ever() -> None:
    assert Backbone(model="pocket").model_dump() == {"model": "pocket", "pretrained": None}
    remote = service(in_flight=2)
    assert Backbone.model_validate(remote.model_dump()) == remote
    assert (str(remote), str(Backbone(model="a", pretrained="b"))) == ("clip", "a b")


def test_precision_is_the_services_own() -> None:
    backbone = f"backbone={{service: '{HERE}', model: clip}}"
    assert load_spec("demo", (backbone,)).precision == "fp32"
    with pytest.raises(UserError, match=r"a service computes in its own precision.*got bf16"):
        load_spec("demo", (backbone, "precision=bf16"))
    ablation = f"ablation={{base: zip, vary: {{backbone: [{{service: '{HERE}', model: clip}}]}}}}"
    with pytest.raises(UserError, match="a service computes in its own precision"):
        load_spec("demo", (ablation, "precision=bf16"))


def ablated(*overrides: str) -> Spec:
    asked = f"{{service: '{HERE}', model: other, timeout: 7, token_from: SOME_NAME}}"
    ablation = f"ablation={{base: zip, vary: {{backbone: [{asked}]}}}}"
    return load_spec("demo", (ablation, *overrides))


def test_labels_of_an_ablation_name_the_model_alone() -> None:
    labels = [arm.label for arm in ablated().arms if arm.ablation_points]
    assert labels[-1].startswith("zip[backbone=other")
    assert "127.0.0.1" not in str(labels)


def test_what_is_published_of_a_spec_says_neither_where_a_service_is_nor_how_it_is_asked() -> None:
    asked = "requests_per_minute: 5, in_flight: 3, token_from: MY_TOKEN"
    spec = ablated(f"backbone={{service: '{HERE}', model: clip, {asked}}}")
    text = spec_as_yaml(spec)
    for hidden in ("127.0.0.1", "requests_per_minute", "in_flight", "MY_TOKEN", "SOME_NAME"):
        assert hidden not in text
    assert "model: clip" in text
    assert "model: other" in text


def test_a_search_is_the_same_wherever_its_service_is() -> None:
    search = "search={method: zip, trials: 2, space: {clip: {uniform: [1, 10]}}}"

    def named(model: str, port: int, pace: int) -> str:
        asked = f"service: 'http://127.0.0.1:{port}', requests_per_minute: {pace}"
        spec = load_spec("demo", (f"backbone={{model: {model}, {asked}}}", search))
        assert spec.search is not None
        return _fingerprint(spec, spec.search, "")

    assert named("clip", 8000, 60) == named("clip", 9000, 6) != named("other", 8000, 60)
