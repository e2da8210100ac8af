"""Prompts that are asked about several mini-batches."""

import torch

from methods.parts.asked_round import AskedRound

SIZES = {2: 3, 3: 1}
"""Images of the mini-batches numbered 2 and 3."""


def answer(points: torch.Tensor, part: int) -> torch.Tensor:
    """Logits that tell which prompt and which image they are of."""
    images = 10.0 * part + torch.arange(SIZES[part])
    return 100 * points[:, :1, None] + images[None, :, None] + torch.zeros(1, 1, 2)


def test_answers_are_put_together_by_prompt_and_image() -> None:
    points = torch.arange(5.0).unsqueeze(1)
    asked = AskedRound(points, together=2, first=2, stop=4)
    places = []
    while not asked.is_complete:
        places.append((len(asked.asked), asked.part))
        asked.add(answer(asked.asked, asked.part))
    assert places == [(2, 2), (2, 3), (2, 2), (2, 3), (1, 2), (1, 3)]
    logits = asked.logits()
    assert logits.shape == (5, 4, 2)
    assert logits[3, :, 0].tolist() == [320.0, 321.0, 322.0, 330.0]


def test_it_goes_on_where_its_tensors_were_taken() -> None:
    points = torch.arange(3.0).unsqueeze(1)
    asked, again = (AskedRound(points, 2, 2, 4) for _ in range(2))
    for _ in range(3):
        asked.add(answer(asked.asked, asked.part))
    again.load(asked.tensors)
    assert torch.equal(again.asked, asked.asked)
    assert again.part == asked.part == 3
