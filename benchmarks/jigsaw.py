"""Images cut into tiles that are shown in another order: the task is to tell which (Noroozi & Favaro 2016)."""

from functools import cache

import numpy as np


def shuffle(images: np.ndarray, labels: np.ndarray, grid: int, orders: int) -> np.ndarray:
    """Cut ``images`` [B, C, H, W] into grid x grid tiles and show them in the order that each label names.

    A tile is the middle of its cell, H / (grid + 1) high: 64 of 85 pixels for an image of 256 and a grid of 3, since
    tiles without gaps could be matched by their edges. ``labels`` [B] count from 0 to ``orders`` - 1.
    Returns [B, grid * grid, C, H / (grid + 1), W / (grid + 1)].
    """
    rows, columns = (_middles(length, grid) for length in images.shape[2:])
    tiles = np.stack([images[:, :, row, column] for row in rows for column in columns], axis=1)
    chosen = permutations(grid * grid, orders)[labels]
    return np.take_along_axis(tiles, chosen[:, :, None, None, None], axis=1)


@cache
def permutations(tiles: int, count: int) -> np.ndarray:
    """Return ``count`` different permutations of ``tiles`` tiles [count, tiles], the same ones always.

    They are drawn at random; those that networks are trained with were chosen to be far apart, which no untrained
    network can know.
    """
    generator = np.random.default_rng(0)
    found: dict[tuple[int, ...], None] = {}
    while len(found) < count:
        found[tuple(generator.permutation(tiles).tolist())] = None
    return np.array(list(found))


def _middles(length: int, grid: int) -> list[slice]:
    cell, tile = length // grid, length // (grid + 1)
    starts = [index * cell + (cell - tile) // 2 for index in range(grid)]
    return [slice(start, start + tile) for start in starts]
