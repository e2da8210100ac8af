"""How the radius follows the quality of predictions."""

import pytest

from methods.parts.trust_radius import fitted_radius


@pytest.mark.parametrize(
    ("decrease", "fitted"), [(0.6, 0.26), (0.3, 0.2), (0.05, 0.14), (-1.0, 0.14)]
)
def test_the_radius_follows_the_share_of_the_prediction(decrease: float, fitted: float) -> None:
    assert fitted_radius(0.2, decrease, 1.0, (0.01, 1.0)) == pytest.approx(fitted)


def test_the_radius_stays_within_limits() -> None:
    assert fitted_radius(0.9, 1.0, 1.0, (0.1, 1.0)) == 1.0
    assert fitted_radius(0.11, 0.0, 1.0, (0.1, 1.0)) == 0.1


def test_no_predicted_decrease_is_no_error() -> None:
    assert fitted_radius(0.2, 0.0, 0.0, (0.1, 1.0)) == pytest.approx(0.14)
