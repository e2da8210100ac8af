"""How far a model is trusted: fitted to how well it predicted the last step."""

_GOOD, _BAD = 0.5, 0.1
_WIDER, _NARROWER = 1.3, 0.7
_TINY = 1e-9


def fitted_radius(
    radius: float, decrease: float, predicted: float, limits: tuple[float, float]
) -> float:
    """The radius of the next step, within limits.

    It grows by 30 % if the loss fell by more than half of what was predicted, and shrinks by as
    much if by less than a tenth.
    """
    ratio = decrease / max(predicted, _TINY)
    factor = _WIDER if ratio > _GOOD else _NARROWER if ratio < _BAD else 1.0
    lowest, highest = limits
    return min(highest, max(lowest, radius * factor))
