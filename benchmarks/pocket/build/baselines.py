"""What a benchmark set can give: zero-shot, a linear probe, and a prompt tuned with gradients."""

from collections.abc import Sequence

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional

from benchmarks.pocket.build.clip import Clip, Encoded
from benchmarks.pocket.build.text import encode_with_prefix

CONTEXT_TOKENS = 8
STRENGTHS = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
"""Inverse regularisation of the linear probe; the best one on the validation images is taken."""
LEARNING_RATES = (1e-3, 3e-3, 1e-2)
STEPS = 300
CHECK_EVERY = 10


def zero_shot(clip: Clip, names: Sequence[str], template: str, images: Encoded) -> float:
    """Accuracy of a hand-written prompt, in percent."""
    tokens = clip.tokenizer([template.format(name) for name in names])
    with torch.no_grad():
        return _accuracy(clip.model.encode_text(tokens, normalize=True), images)


def linear_probe(train: Encoded, val: Encoded, images: Encoded) -> float:
    """Accuracy of logistic regression on the image features, in percent."""
    probes = [_fitted(strength, train) for strength in STRENGTHS]
    return _score(max(probes, key=lambda probe: _score(probe, val)), images)


def _fitted(strength: float, train: Encoded) -> LogisticRegression:
    probe = LogisticRegression(C=strength, max_iter=5000)
    return probe.fit(train.features.numpy(), train.labels.numpy())


def _score(probe: LogisticRegression, images: Encoded) -> float:
    return 100 * float(probe.score(images.features.numpy(), images.labels.numpy()))


def gradient_reference(
    clip: Clip, names: Sequence[str], train: Encoded, val: Encoded, images: Encoded
) -> float:
    """Accuracy of a soft prompt that Adam tuned, in percent.

    Several learning rates, each stopped where it was best on the validation images. This is what
    one plain recipe reaches with gradients; another recipe may reach more.
    """
    tokens = clip.tokenizer([f"{name}." for name in names])
    runs = [_tuned(clip, tokens, train, val, rate) for rate in LEARNING_RATES]
    best = max(runs, key=lambda run: run[0])[1]
    with torch.no_grad():
        return _accuracy(encode_with_prefix(clip.model, tokens, best), images)


def _tuned(
    clip: Clip, tokens: Tensor, train: Encoded, val: Encoded, rate: float
) -> tuple[float, Tensor]:
    """The best validation accuracy on the way, and the context that had it."""
    generator = torch.Generator().manual_seed(0)
    width = clip.model.token_embedding.weight.shape[1]
    context = 0.02 * torch.randn(CONTEXT_TOKENS, width, generator=generator)
    context.requires_grad_()
    optimiser = torch.optim.Adam([context], lr=rate)
    scale = float(clip.model.logit_scale.detach().exp())
    best, best_context = -1.0, context.detach().clone()
    for step in range(STEPS):
        classes = encode_with_prefix(clip.model, tokens, context)
        if step % CHECK_EVERY == 0:
            reached = _accuracy(classes.detach(), val)
            if reached > best:
                best, best_context = reached, context.detach().clone()
        loss = functional.cross_entropy(scale * train.features @ classes.T, train.labels)
        # Only the context's gradient: the model's own weights stay untouched, unaccumulated.
        (context.grad,) = torch.autograd.grad(loss, [context])
        optimiser.step()
    return best, best_context


def _accuracy(classes: Tensor, images: Encoded) -> float:
    guesses = (images.features @ classes.T).argmax(dim=1)
    return 100 * float((guesses == images.labels).float().mean())
