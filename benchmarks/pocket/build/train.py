"""Trains the pocket model from nothing: `python -m benchmarks.pocket.build.train --out FOLDER`.

About 15 minutes on two CPU cores with fast bfloat16, writing nothing outside FOLDER: the
configuration and weights that open_clip loads, the tokenizer's merges, and a log. Seeded
throughout: the same machine with the same number of threads gives the same weights.
"""

import argparse
import csv
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.loss import ClipLoss
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.pocket.build.generator.canvas import SIZE
from benchmarks.pocket.build.generator.pretraining import CAPTIONS, captioned_picture
from benchmarks.pocket.build.text import encode_with_prefix, room_for_prefix
from benchmarks.pocket.build.tokenizer import caption_words, write_vocabulary

CONTEXT_LENGTH = 24
WARM_UP = 60
FINAL_RATE = 0.02
MAX_SCALE = 100.0


@dataclass(frozen=True)
class Recipe:
    """Everything that shapes the weights.

    Attributes:
        pictures: captioned pictures, drawn once.
        steps: optimiser steps.
        batch_size: pairs of image and text per step.
        learning_rate: peak of the cosine schedule.
        weight_decay: on matrices only.
        prefix_noise: share of batches whose texts get meaningless tokens after the start token,
            without which a random soft prompt would start far below zero-shot.
        seed: drives pictures, order and start values.
    """

    pictures: int = 40_000
    steps: int = 6_000
    batch_size: int = 128
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.1
    prefix_noise: float = 0.5
    seed: int = 0


def main() -> None:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Help)
    parser.add_argument("--out", type=Path, required=True, help="folder for the model's files")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="optimiser steps")
    parser.add_argument("--pictures", type=int, default=Recipe.pictures, help="training pictures")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    train(Recipe(steps=options.steps, pictures=options.pictures), options.out, options.threads)


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    pass


def train(recipe: Recipe, out: Path, threads: int) -> None:
    """Trains a model and writes its folder: configuration, vocabulary, weights, log."""
    torch.manual_seed(recipe.seed)
    write_vocabulary(caption_words(), out / "bpe.txt.gz")
    tokenizer = open_clip.SimpleTokenizer(
        bpe_path=str(out / "bpe.txt.gz"), context_length=CONTEXT_LENGTH
    )
    write_config(out, tokenizer.vocab_size)
    model = open_clip.create_model(f"local-dir:{out}", load_weights=False)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    images, tokens = _training_set(recipe, tokenizer, threads)
    log = _optimise(recipe, model, images, tokens)
    weights = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, out / "open_clip_model.safetensors")
    (out / "open_clip_model.safetensors").chmod(0o644)  # save_file writes for the owner alone
    with (out / "training_log.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("step", "loss", "scale", "seconds"), *log])


def write_config(out: Path, vocabulary: int) -> None:
    """Writes the file from which open_clip builds the model and its image transform."""
    config = {
        "model_cfg": {
            "embed_dim": 128,
            "vision_cfg": {
                "image_size": SIZE, "patch_size": 4, "width": 128, "layers": 4, "head_width": 32,
            },
            "text_cfg": {
                "context_length": CONTEXT_LENGTH, "vocab_size": vocabulary,
                "width": 128, "heads": 4, "layers": 3,
            },
        },
        "preprocess_cfg": {
            "size": SIZE,
            "mode": "RGB",
            "mean": list(open_clip.OPENAI_DATASET_MEAN),
            "std": list(open_clip.OPENAI_DATASET_STD),
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }  # fmt: skip
    (out / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")


def _training_set(recipe: Recipe, tokenizer: Any, processes: int) -> tuple[Tensor, Tensor]:
    """Pictures `(N, SIZE, SIZE, 3)` as bytes, and their token ids `(N, captions, length)`."""
    start = time.monotonic()
    work = [(recipe.seed, index) for index in range(recipe.pictures)]
    with get_context("spawn").Pool(processes) as pool:
        drawn = pool.starmap(captioned_picture, work, chunksize=500)
    images = torch.from_numpy(np.stack([pixels for pixels, _ in drawn]))
    texts = [text for _, captions in drawn for text in captions]
    tokens = tokenizer(texts).reshape(recipe.pictures, CAPTIONS, -1)
    print(f"{recipe.pictures:,} pictures in {time.monotonic() - start:.0f} s", flush=True)
    return images, tokens


def _optimise(
    recipe: Recipe, model: Any, images: Tensor, tokens: Tensor
) -> list[tuple[int, float, float, int]]:
    """Contrastive training; returns the log."""
    optimiser = _optimiser(recipe, model)
    loss_of = ClipLoss()
    model.train()
    start, log, losses = time.monotonic(), [], []
    for step, index in enumerate(islice(_batches(recipe, len(images)), recipe.steps)):
        for group in optimiser.param_groups:
            group["lr"] = _rate(recipe, step) * group["factor"]
        pixels = _prepared(images[index])
        texts = tokens[index, torch.randint(0, CAPTIONS, (len(index),))]
        # The default attention's backward pass is several times slower on CPUs.
        with sdpa_kernel(SDPBackend.MATH), torch.autocast("cpu", torch.bfloat16):
            image = model.encode_image(pixels, normalize=True)
            text = _encode_text(model, texts, recipe.prefix_noise)
            scale = model.logit_scale.exp()
            loss = loss_of(image.float(), text.float(), scale.float())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(MAX_SCALE))
        losses.append(float(loss.detach()))
        if (step + 1) % 100 == 0:
            row = (
                step + 1,
                round(float(np.mean(losses[-100:])), 4),
                round(float(scale.detach()), 2),
                round(time.monotonic() - start),
            )
            log.append(row)
            print("step {}  loss {}  scale {}  {} s".format(*row), flush=True)
    return log


def _batches(recipe: Recipe, count: int) -> Iterator[Tensor]:
    """Indices of full mini-batches, epoch after epoch, without end."""
    while True:
        yield from torch.randperm(count).split(recipe.batch_size)[: count // recipe.batch_size]


def _rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, then half a cosine down to a small rest."""
    warm = min(1.0, (step + 1) / WARM_UP)
    cosine = 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
    return recipe.learning_rate * warm * (FINAL_RATE + (1 - FINAL_RATE) * cosine)


def _optimiser(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """AdamW with decay on matrices only and a faster logit scale."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if name == "logit_scale":
            continue
        matrix = parameter.ndim >= 2 and "embedding" not in name
        (decayed if matrix else free).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay, "factor": 1.0},
        {"params": free, "weight_decay": 0.0, "factor": 1.0},
        {"params": [model.logit_scale], "weight_decay": 0.0, "factor": 10.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), eps=1e-6)


def _prepared(images: Tensor) -> Tensor:
    """Normalised pixels, shifted by up to one."""
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(1, 3, 1, 1)
    std = torch.tensor(open_clip.OPENAI_DATASET_STD).view(1, 3, 1, 1)
    pixels = (images.permute(0, 3, 1, 2).float() / 255 - mean) / std
    shift = torch.randint(-1, 2, (2,)).tolist()
    return torch.roll(pixels, shift, (2, 3))


def _encode_text(model: Any, tokens: Tensor, prefix_noise: float) -> Tensor:
    """Features of texts, some batches with a meaningless prefix."""
    room = room_for_prefix(model, tokens)
    prefix = None
    if float(torch.rand(())) < prefix_noise and room > 0:
        prefix = _meaningless(model, min(int(torch.randint(1, 9, ())), room))
    return encode_with_prefix(model, tokens, prefix)


def _meaningless(model: Any, length: int) -> Tensor:
    """Gaussian embeddings, or those of random words: `(length, width)`."""
    vocabulary, width = model.token_embedding.weight.shape
    if float(torch.rand(())) < 0.6:
        return 0.02 * torch.randn(length, width)
    words: Tensor = model.token_embedding(torch.randint(512, vocabulary - 2, (length,)))
    return words


if __name__ == "__main__":
    main()
