"""Reads the YAML file of an adapter, with messages that name the line."""

import hashlib
import re
from collections.abc import Mapping

from orchestrator.cell import canonical_json
from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.body import check_body
from orchestrator.oracle.remote.adapters.file import AdapterFile
from orchestrator.oracle.remote.adapters.yaml_form import AdapterForm
from orchestrator.reading.validation import Refused, validated
from orchestrator.reading.yaml_text import NotPlainYaml, line_of, read_yaml

_HOST = re.compile(r"^(https?://[^/?]*|\{service\})")
_ANSWERS = ("version", "method", "headers", "body", "image", "per_request", "options", "answer")
"""Fields on which answers depend, beside the address."""


def read_form(file: AdapterFile) -> AdapterForm:
    """The form that a YAML file holds.

    Raises:
        UserError: it isn't YAML, or has unknown or impossible fields; names the lines.
    """
    try:
        fields = read_yaml(file.text)
    except NotPlainYaml as error:
        raise UserError(f"the adapter {file.name} is no YAML: {error}") from None
    if not isinstance(fields, Mapping):
        raise UserError(f"the adapter {file.name} is empty, or no mapping of fields.")
    try:
        form = validated(AdapterForm, fields)
        check_body(form.body, images=form.per_request.images, inputs=form.inputs)
    except Refused as error:
        problems = "\n  ".join(_with_line(problem, file.text) for problem in error.problems)
        raise UserError(f"the adapter {file.name} can't be used:\n  {problems}") from None
    return form


def form_digest(form: AdapterForm) -> str:
    """SHA-256 of all of a form on which answers depend.

    Secrets, which it doesn't hold, the service's host and its limits are not among them.
    """
    stated = form.model_dump(mode="json", include=set(_ANSWERS), exclude_defaults=True)
    parts = [_HOST.sub("", form.url), stated]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def _with_line(problem: str, text: str) -> str:
    """A problem with the line of what it is about."""
    place = problem.partition(": ")[0].split(".")
    return f"line {line_of(text, place)}: {problem}"
