"""Images as services take them: PNG or JPEG, as base64 or data URL."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from benchmarks.frozen import Frozen
from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD, Interpolation, ResizeMode
from orchestrator.oracle.remote.description import ImageForm

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor


class ImageSettings(Frozen):
    """How images are sent.

    Attributes:
        size: height and width, in pixels.
        format: `png` keeps every pixel as it is; `jpeg` is smaller, and changes them.
        quality: of JPEG.
        resize_mode: how an image becomes square; see `benchmarks.preprocessing`.
        interpolation: how pixels are made when it is resized.
    """

    size: Annotated[int, Field(ge=1, le=4096)] = 224
    format: Literal["png", "jpeg"] = "png"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    resize_mode: ResizeMode = "shortest"
    interpolation: Interpolation = "bicubic"

    @property
    def form(self) -> ImageForm:
        """How images are prepared. Methods that change pixels do so at CLIP's usual scale."""
        return ImageForm(
            size=self.size,
            mean=CLIP_MEAN,
            std=CLIP_STD,
            interpolation=self.interpolation,
            resize_mode=self.resize_mode,
        )


@dataclass
class SentImage:
    """An image as it is sent. Safe for use by several threads.

    Attributes:
        picture: its pixels.
        settings: how it is encoded.
    """

    picture: Image.Image
    settings: ImageSettings
    _base64: str | None = None

    @property
    def content(self) -> bytes:
        """The bytes of a file."""
        file = BytesIO()
        if self.settings.format == "png":
            self.picture.save(file, "PNG")
        else:
            self.picture.save(file, "JPEG", quality=self.settings.quality)
        return file.getvalue()

    @property
    def base64(self) -> str:
        """The file in base64, made once."""
        if self._base64 is None:  # two threads may both make it: no lock, which all would wait for
            self._base64 = base64.b64encode(self.content).decode()
        return self._base64

    @property
    def data_url(self) -> str:
        """The file as an address that holds it."""
        return f"data:image/{self.settings.format};base64,{self.base64}"


def sent_images(images: Tensor, settings: ImageSettings) -> tuple[SentImage, ...]:
    """Images `(B, 3, S, S)` uint8 as they are sent; each is encoded when it is first needed."""
    from PIL import Image

    arrays = images.permute(0, 2, 3, 1).contiguous().numpy()
    return tuple(SentImage(Image.fromarray(one), settings) for one in arrays)
