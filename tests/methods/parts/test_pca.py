"""Principal components against numpy."""

import numpy as np
import torch

from methods.parts.pca import Pca
from methods.parts.seeding import generator


def images(count: int, size: int) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=generator(count, "images"))


def test_features_of_the_fitted_images_are_centred_white_and_ordered() -> None:
    data = images(40, 8) * torch.linspace(0.2, 3, 8)
    features = Pca.fit(data, 5)(data).double().numpy()
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.cov(features.T), np.eye(5), atol=1e-4)
    flat = data.flatten(1).double().numpy()
    _, spread, axes = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
    expected = (flat - flat.mean(axis=0)) @ axes[:5].T / (spread[:5] / np.sqrt(39))
    np.testing.assert_allclose(np.abs(features), np.abs(expected), atol=1e-4)


def test_a_small_mini_batch_has_fewer_components() -> None:
    features = Pca.fit(images(4, 8), 6)(images(9, 8))
    assert torch.all(features[:, :3].std(dim=0) > 0)
    assert torch.count_nonzero(features[:, 3:]) == 0


def test_one_image_has_none() -> None:
    assert torch.count_nonzero(Pca.fit(images(1, 8), 3)(images(2, 8))) == 0


def test_large_images_are_averaged_down_first() -> None:
    fitted = Pca.fit(images(5, 96), 2)
    assert fitted.mean.shape == (3 * 32 * 32,)
    torch.testing.assert_close(
        fitted(images(3, 96)), fitted(torch.nn.functional.avg_pool2d(images(3, 96), 3))
    )
