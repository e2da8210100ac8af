"""What the use of the black box costs, in a spec; part of no cell and of no key."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from benchmarks.frozen import Frozen
from orchestrator.money import Prices

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_PRICED = ("per_call", "per_image", "per_1000_tokens")


class PriceSpec(Frozen):
    """The prices of the black box's owner. What a call, an image and a token are: `money.py`.

    In YAML, with a made-up price:

        price: {per_call: 0.002, per_image: 0.0001, currency: EUR}

    Attributes:
        per_call: money for a call: one query on as many images as the box takes at once.
        per_image: money for an image in a call.
        per_1000_tokens: money for 1,000 text tokens that calls read.
        currency: name of the currency.
    """

    per_call: Amount = 0.0
    per_image: Amount = 0.0
    per_1000_tokens: Amount = 0.0
    currency: str = Field(default="USD", pattern=r"^\S{1,12}$")

    @model_validator(mode="before")
    @classmethod
    def _is_not_the_older_form(cls, value: Any) -> Any:
        older = {"per_1000_queries": "per_call", "per_1000_images": "per_image"}
        found = [name for name in older if isinstance(value, Mapping) and name in value]
        if found:
            raise ValueError(
                f"{found[0]} is a field of report.price; here, write {older[found[0]]}, which is "
                f"a thousandth of it"
            )
        return value

    @model_validator(mode="after")
    def _names_a_price(self) -> Self:
        if not self.model_fields_set.intersection(_PRICED):
            raise ValueError(f"say what is paid for: one of {', '.join(_PRICED)}, or several")
        return self

    @property
    def prices(self) -> Prices:
        """The same for computing with."""
        return Prices(self.per_call, self.per_image, self.per_1000_tokens, self.currency)


class ReportPriceSpec(Frozen):
    """The older form of a price, which a report has: for 1,000 queries and images.

    Attributes:
        per_1000_queries: money for 1,000 queries, each of which is a call.
        per_1000_images: money for 1,000 images in queries.
        currency: name of the currency.
    """

    per_1000_queries: float = Field(default=0.0, ge=0)
    per_1000_images: float = Field(default=0.0, ge=0)
    currency: str = "USD"

    @property
    def prices(self) -> Prices:
        """The same for computing with."""
        per_call, per_image = self.per_1000_queries / 1000, self.per_1000_images / 1000
        return Prices(per_call, per_image, currency=self.currency)
