"""What the use of a black box costs in money.

All that is priced is counted in these units, here and in every table, file and message:

- A *query* is one candidate prompt on one mini-batch. Methods are limited by it.
- A *call* is one query on as many images as the black box takes at once. A query on 128 images is
  one call of a box in memory, and of a service of our own protocol, however many queries share an
  HTTP request; of an interface that takes one image a request it is 128 calls, one for each.
- An *image* is one image in a call. The same image in two calls is two images.
- A *token* is one of the texts that a call reads: each class name with the template, or with the
  soft context's tokens before it. Those that mark a text's start and end are not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

SERVICE_TRAINING = "service_training"
SERVICE_MEASURING = "service_measuring"
"""Ledgers of what a service charged for the method's queries, and for the observer's."""

TEST_IMAGES = 1000
"""Images whose answers are priced, where deployment is."""


@dataclass(frozen=True)
class Use:
    """What of a black box was used, or will be.

    Attributes:
        calls: see above.
        images: images in them.
        tokens: text tokens in them.
    """

    calls: float = 0.0
    images: float = 0.0
    tokens: float = 0.0

    def __add__(self, other: Use) -> Use:
        return Use(self.calls + other.calls, self.images + other.images, self.tokens + other.tokens)

    def times(self, factor: float) -> Use:
        """So many times as much."""
        return Use(factor * self.calls, factor * self.images, factor * self.tokens)


@dataclass(frozen=True)
class Prices:
    """What the owner of a black box asks for its use.

    Example:
        >>> prices = Prices(per_call=0.002, per_image=0.0001)
        >>> prices.of(Use(calls=1000, images=128_000))
        14.8
        >>> prices.text(14.8)
        '14.80 USD'

    Attributes:
        per_call: money for a call.
        per_image: money for an image in a call.
        per_1000_tokens: money for 1,000 text tokens.
        currency: name of the currency.
    """

    per_call: float = 0.0
    per_image: float = 0.0
    per_1000_tokens: float = 0.0
    currency: str = "USD"

    @property
    def known(self) -> bool:
        """Whether anything has a price."""
        return self.per_call > 0 or self.per_image > 0 or self.reads

    @property
    def reads(self) -> bool:
        """Whether tokens have a price, so that they must be counted."""
        return self.per_1000_tokens > 0

    def of(self, use: Use) -> float:
        """Money for some use."""
        tokens = use.tokens * self.per_1000_tokens / 1000
        return use.calls * self.per_call + use.images * self.per_image + tokens

    def text(self, amount: float) -> str:
        """An amount with the currency."""
        return f"{amount_text(amount)} {self.currency}"


def calls_in(queries: int, requests: int) -> int:
    """The calls that a service has answered, by what it counts.

    A request to a service of our own protocol holds one query or several, and each is a call. Other
    interfaces take a query in one request or in several, and each of these is a call.
    """
    return max(queries, requests)


def calls_for(images: int, at_once: int | None) -> int:
    """Calls of one query on some images.

    Args:
        images: how many.
        at_once: how many the black box takes in a call; None for any number.
    """
    return 1 if at_once is None else max(1, -(-images // at_once))


def amount_text(amount: float) -> str:
    """An amount of money: two decimals, and for less than one, two digits that count.

    Example:
        >>> [amount_text(amount) for amount in (1234.5, 0.5, 0.00123, 0.0)]
        ['1,234.50', '0.50', '0.0012', '0.00']
    """
    if amount >= 1 or amount <= 0:
        return f"{amount:,.2f}"
    decimals = min(1 - math.floor(math.log10(amount)), 12)
    return f"{amount:.{decimals}f}"


def price_text(price: float) -> str:
    """A price, or an amount that somebody chose: its digits (up to twelve), and never an exponent.

    Example:
        >>> [price_text(price) for price in (0.00002, 0.5, 2.0, 1500.0)]
        ['0.00002', '0.5', '2', '1,500']
    """
    return f"{Decimal(f'{price:.12g}').normalize():,f}"
