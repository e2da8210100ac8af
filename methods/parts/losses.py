"""Losses of class scores, one value per candidate.

Computed in float32, or in float64 if the scores are float64.
"""

from methods.interface import Scores
from methods.lazy_torch import Tensor, torch


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy `(K,)` over the mini-batch, in nats; logits `(K, B, C)`, labels `(B,)`."""
    return -_true_log_probability(logits, labels).mean(dim=-1)


def focal_loss(logits: Tensor, labels: Tensor, gamma: float) -> Tensor:
    """Mean `(K,)` over the mini-batch of -(1 - p)^gamma log p, p the true class's probability.

    Lin et al., ICCV 2017; logits `(K, B, C)`, labels `(B,)`. The larger gamma, the less an image
    counts that is already classified well; gamma 0 is cross-entropy.
    """
    log_probability = _true_log_probability(logits, labels)
    return -((1 - log_probability.exp()) ** gamma * log_probability).mean(dim=-1)


def measured(losses: Tensor, scores: Scores) -> dict[str, float]:
    """What methods report of a step with losses `(K,)`: mean loss, and mean accuracy in %."""
    right = (scores.logits.argmax(dim=-1) == scores.labels).to(torch.float32)
    accuracy = 100 * right.mean(dim=-1)
    return {"train_loss": float(losses.mean()), "train_accuracy": float(accuracy.mean())}


def _true_log_probability(logits: Tensor, labels: Tensor) -> Tensor:
    """`(K, B)` log-probabilities of the true classes."""
    precise = logits if logits.dtype == torch.float64 else logits.float()
    index = labels.expand(len(logits), -1).unsqueeze(-1)
    return precise.log_softmax(dim=-1).gather(-1, index).squeeze(-1)
