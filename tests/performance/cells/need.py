"""How many cores would keep an H100 busy, by an assumption: no GPU is measured here."""

from __future__ import annotations

from tests.performance.cards import GOAL, NOMINAL

PEAK = dict(NOMINAL)["H100"]
"""FLOP/s of an H100 (SXM) in bf16; that it reaches `GOAL` of them is assumed, not measured."""

_LAYERS, _WIDTH, _PATCH, _POSITIONS = 12, 768, 16, 197


def image_flops() -> float:
    """FLOPs of an image in ViT-B/16's image tower, 2 for a multiplication and an addition.

    Of every block: query, key, value and output (4 W^2), the MLP (8 W^2), and attention.
    """
    patches = 2 * (_POSITIONS - 1) * 3 * _PATCH**2 * _WIDTH
    products = 2 * _POSITIONS * 12 * _WIDTH**2
    attention = 2 * 2 * _POSITIONS**2 * _WIDTH
    return patches + _LAYERS * (products + attention)


def images_per_second() -> float:
    """Images that an H100 would encode in a second."""
    return GOAL * PEAK / image_flops()


def cores(seconds: float) -> float:
    """Cores that prepare images as fast, where one of them takes so many seconds for an image."""
    return seconds * images_per_second()


def assumption() -> str:
    """What all this rests on, in words."""
    return (
        f"cores for an H100: assumed, not measured. An image takes {image_flops() / 1e9:.1f} "
        f"GFLOP in ViT-B/16's image tower; at {GOAL:.0%} of {PEAK / 1e12:.0f} TFLOP/s (bf16, "
        f"dense) that would be {images_per_second():,.0f} images/s, each of them encoded once. "
        f"Where K candidates change an image, a Kth of the cores will do."
    )
