"""CITATION.cff names the paper of every method."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.cli.methods import Listed, all_methods

REFERENCES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "CITATION.cff").read_text()
)["references"]
PUBLISHED = [one for one in all_methods() if one.paper]


@pytest.mark.parametrize("method", PUBLISHED, ids=lambda one: one.name)
def test_the_paper_of_a_method_is_cited(method: Listed) -> None:
    """By its first author, its year and, where it has one, its venue."""
    said = re.fullmatch(r"(?:after )?(\w+)(?: et al\.)?, (?:(\w+) )?(\d{4})", method.paper)
    assert said is not None, method.paper
    family, venue, year = said.groups()
    (paper,) = (
        paper
        for paper in REFERENCES
        if paper["authors"][0]["family-names"] == family
        and paper["year"] == int(year)
        and venue in (None, paper.get("conference", {}).get("name", "").split(" ")[0])
    )
    assert method.name.partition("@")[0] in paper["notes"]


def test_all_that_is_cited_can_be_found() -> None:
    for paper in REFERENCES:
        assert paper["authors"] and paper["title"]
        assert paper.get("url", "").startswith("https://") or paper["type"] == "book"
