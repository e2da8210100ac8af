"""A process that keeps images of known pixels as fast as it can, until it is killed."""

import sys
from pathlib import Path

from orchestrator.pixels.cache import room
from orchestrator.pixels.cache.pixel_cache import PixelCache
from tests.orchestrator.pixels.cache.images import image

ROWS = 60


def main(folder: Path, limit: int, start: int) -> None:
    """Puts images of three lists in turn, beginning with a row, again and again."""
    room.left_free = lambda _: 0.0
    cache = PixelCache(folder, limit)
    print("ready", flush=True)
    step = start
    while True:
        number, row = step % 3, step % ROWS
        pack = cache.pack(f"{number:064x}", ROWS)
        pack.put(row, image(row, 40, 50))
        got = pack.get(row)
        if got is not None and (got != image(row, 40, 50)).any():
            print("other pixels", flush=True)
        step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
