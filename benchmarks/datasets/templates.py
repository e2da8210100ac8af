"""Hand-written prompts that several datasets share."""

PHOTO = "a photo of a {}."

IMAGENET_SELECTION = (
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
"""Seven of CLIP's 80 ImageNet templates, selected by CLIP's authors for ensembling.

ImageNet's own ensemble is these seven alone. On all other datasets, ImageNet's variants included,
CoOp's code averages them together with the dataset's own template.
"""


def with_ensemble(own: str) -> tuple[str, ...]:
    """A dataset's own template, followed by the seven for an ensemble."""
    return (own, *IMAGENET_SELECTION)
