"""Knows by their first bytes the files that often lie in place of the one that is expected."""

_KNOWN = (
    (
        b"version https://git-lfs",
        "it is only a pointer of Git LFS: run `git lfs pull`",
    ),
    (b"PAR1", "it is a Parquet file"),
    (b"PK\x03\x04", "it is a ZIP archive or a workbook of Excel: unpack it, or export it"),
    (b"\x1f\x8b", "it is a gzip archive: unpack it"),
    (b"\x89HDF", "it is an HDF5 file"),
    (b"\xff\xd8\xff", "it is a JPEG image"),
    (b"\x89PNG", "it is a PNG image"),
)

_PAGE = "it is a web page, which a failed download may leave: download it again"


def stand_in(start: bytes) -> str:
    """What a file is that can't be read as what it should be; "" if that is not known.

    Args:
        start: its first bytes; empty if it has none.
    """
    if not start.strip():
        return "it is empty"
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<!doctype html", b"<html")):
        return _PAGE
    return next((told for magic, told in _KNOWN if start.startswith(magic)), "")
