"""Base of the models that specs, cells and packs are read into."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A pydantic model that can't be changed once it is made, and that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
