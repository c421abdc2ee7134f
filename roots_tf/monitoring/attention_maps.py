"""A picture of attention weights: one square a head, a row for each query.

Article: §2.5, §7.2.2.
"""

import math
from collections.abc import Sequence

import numpy as np

from roots_tf.monitoring.figures import figure_pixels
from roots_tf.monitoring.label_fonts import NOTE, font_families

_MOST_NAMED = 40  # tokens that have room for their names


def attention_image(
    weights: np.ndarray,
    queries: Sequence[str],
    keys: Sequence[str] | None = None,
    title: str = "",
) -> np.ndarray:
    """Draws how much each token takes of each other one, for every head of a block.

    If no installed font can draw the tokens and the title, a note takes their place.

    Args:
        weights: (H, T, S), rows sum to 1.
        queries: T tokens.
        keys: S tokens; the queries if not given.
        title: above all.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        ValueError: the weights do not fit the tokens.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    weights, keys = np.asarray(weights, np.float32), queries if keys is None else keys
    if weights.ndim != 3 or weights.shape[1:] != (len(queries), len(keys)):
        raise ValueError(
            f"expected weights of shape (heads, {len(queries)}, {len(keys)}) for the "
            f"tokens, got {weights.shape}"
        )
    columns = min(4, len(weights))
    rows = math.ceil(len(weights) / columns)
    families = font_families([*map(_shown, (*queries, *keys)), title])
    with rc_context({"font.family": families or ["DejaVu Sans"]}):
        size = (3.2 * columns + 0.6, 3.2 * rows + 0.6)
        figure = Figure(size, dpi=100, layout="constrained")
        squares = figure.subplots(rows, columns, squeeze=False).ravel()
        for head, square in enumerate(squares):
            if head >= len(weights):
                square.axis("off")
                continue
            square.imshow(weights[head], cmap="viridis", vmin=0, vmax=1)
            square.set_title(f"head {head + 1}", fontsize=9)
            _name(square, queries, keys, named=families is not None)
        heading, size = (title, 10) if families else (NOTE, 7)
        figure.suptitle(heading, fontsize=size, parse_math=False)
        figure.draw_without_rendering()  # one pass more, or the layout cuts names off
        return figure_pixels(figure)


def _name(square, queries, keys, named):
    if not named or max(len(queries), len(keys)) > _MOST_NAMED:
        square.set(xlabel="key", ylabel="query")
        return
    style = {"fontsize": 7 if len(keys) <= 20 else 5, "parse_math": False}
    square.set_xticks(range(len(keys)), [_shown(key) for key in keys], **style)
    square.tick_params("x", rotation=90)
    square.set_yticks(
        range(len(queries)), [_shown(query) for query in queries], **style
    )


def _shown(token):
    return token[:12].translate({ord(" "): "␣", ord("\n"): "⏎", ord("\t"): "⇥"})
