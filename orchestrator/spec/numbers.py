"""Whole numbers of a spec, within what files, databases and random generators can hold."""

from typing import Annotated

from pydantic import Field

PositiveInt = Annotated[int, Field(ge=1, le=10**9)]
"""A count: of queries, images, trials ..."""

Seed = Annotated[int, Field(ge=0, lt=2**63)]
