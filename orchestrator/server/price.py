"""What a service asks for its answers."""

from typing import Annotated

from pydantic import Field

from benchmarks.frozen import Frozen
from orchestrator.oracle.remote.request import Charge

_Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class Price(Frozen):
    """Prices, in whatever currency. In YAML: `{per_call: 0.002, per_image: 0.0001}`.

    Attributes:
        per_call: of a query, which is one candidate prompt on one mini-batch.
        per_image: of an image in a query.
        per_1000_tokens: of 1,000 text tokens that queries read.
    """

    per_call: _Amount = 0.0
    per_image: _Amount = 0.0
    per_1000_tokens: _Amount = 0.0

    def of(self, charge: Charge) -> float:
        """The price of what was charged."""
        tokens = charge.tokens * self.per_1000_tokens / 1000
        return charge.queries * self.per_call + charge.images * self.per_image + tokens
