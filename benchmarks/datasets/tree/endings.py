"""Endings of image files' names."""

OFFICIAL_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)

# What else Pillow reads. Fixed, not asked of the Pillow at hand, so that a dataset has the same
# images on every machine; where one is without a decoder, they are unreadable by name.
OTHER_SUFFIXES = frozenset(
    (
        ".jpe", ".jfif", ".mpo", ".apng", ".dib", ".pbm", ".pnm", ".avif", ".jp2", ".j2k", ".j2c",
        ".jpc", ".jpf", ".jpx", ".tga", ".qoi", ".pcx", ".sgi",
    )
)  # fmt: skip


def suffix_of(name: str) -> str:
    """As `pathlib` has it, which is slow for millions of names; they don't begin with a dot."""
    suffix = name[name.rfind(".") :] if "." in name else ""
    return suffix.lower() if suffix != "." else ""
