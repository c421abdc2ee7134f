"""Pictures of retrieval across pictures and texts: all scores, and what is found.

Article: §7.2.2, §8.2 (多模态融合).
"""

from collections.abc import Sequence

import numpy as np

from roots_tf.monitoring.figures import figure_pixels
from roots_tf.monitoring.label_fonts import font_families

_MOST_CHARACTERS = 40  # of a caption
_GREEN = np.array([50, 205, 50])


def similarity_image(
    scores: np.ndarray, pictures: np.ndarray, captions: Sequence[str], title: str = ""
) -> np.ndarray:
    """Draws how near each picture is to each caption; the right ones lie diagonally.

    Args:
        scores: (N, N) cosines, a row for each picture.
        pictures: (N, height, width, 3) uint8.
        captions: N texts.
        title: above all.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        ValueError: the numbers do not fit together.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    count = len(captions)
    if np.shape(scores) != (count, count) or len(pictures) != count:
        raise ValueError(
            f"expected scores {(count, count)} and a picture for each of {count} "
            f"captions, got {np.shape(scores)} and {len(pictures)} pictures"
        )
    families, names = _families(captions)
    with rc_context({"font.family": families}):
        side = 2.5 + 0.36 * count
        figure = Figure((side + 1.5, side), dpi=80, layout="constrained")
        axes = figure.subplots(1, 2, width_ratios=(1, count))
        axes[0].imshow(np.concatenate(pictures), aspect="auto")
        axes[0].axis("off")
        drawn = axes[1].imshow(scores, cmap="viridis", vmin=-1, vmax=1, aspect="auto")
        axes[1].set_yticks([])
        axes[1].set_xticks(
            range(count), names, rotation=90, fontsize=7, parse_math=False
        )
        figure.colorbar(drawn, ax=axes[1], fraction=0.04, label="cosine")
        figure.suptitle(title, fontsize=10, parse_math=False)
        return figure_pixels(figure)


def found_image(
    captions: Sequence[str], found: np.ndarray, right: np.ndarray, title: str = ""
) -> np.ndarray:
    """Draws for each caption the pictures found, the best first; right ones in green.

    Args:
        captions: N texts.
        found: (N, k, height, width, 3) uint8.
        right: (N, k) boolean.
        title: above all.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    families, names = _families(captions)
    rows, columns, height, width = found.shape[:4]
    # One picture of all: with axes for each of them Matplotlib takes seconds.
    edge = max(2, width // 16)
    frame = np.where(right[..., None], _GREEN, 255)[:, :, None, None]
    framed = np.zeros(
        (rows, columns, height + 2 * edge, width + 2 * edge, 3), np.uint8
    ) + frame.astype(np.uint8)
    framed[:, :, edge:-edge, edge:-edge] = found
    sheet = framed.swapaxes(1, 2).reshape(rows * framed.shape[2], -1, 3)
    with rc_context({"font.family": families}):
        size = (columns + 3, rows + 0.5)
        figure = Figure(size, dpi=80, layout="constrained")
        axes = figure.subplots()
        axes.imshow(sheet)
        places = (np.arange(rows) + 0.5) * framed.shape[2]
        axes.set_yticks(places, names, fontsize=8, parse_math=False)
        axes.set_xticks([])
        figure.suptitle(title, fontsize=10, parse_math=False)
        return figure_pixels(figure)


def _families(captions):
    """Gives fonts and captions; without a font for them the captions' numbers."""
    names = [
        caption
        if len(caption) <= _MOST_CHARACTERS
        else caption[:_MOST_CHARACTERS] + "…"
        for caption in captions
    ]
    families = font_families(names)
    if families is None:
        return ["DejaVu Sans"], [f"#{number}" for number in range(len(names))]
    return families, names
