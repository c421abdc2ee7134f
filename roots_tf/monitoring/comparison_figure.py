"""Draws what two forms of something give side by side: curves, or bars.

Article: §7.2.2.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np

from roots_tf.monitoring.figures import figure_pixels

_COLOURS = ("firebrick", "seagreen", "silver", "silver")  # of the forms, in order
_LABEL_WIDTH, _TITLE_WIDTH = 10, 34  # letters in a line


def draw_comparison(
    axes,
    places: Sequence[int] | Sequence[str],
    values: Mapping[str, Sequence[float]],
    *,
    title: str = "",
    xlabel: str = "",
    logarithmic: bool = False,
) -> None:
    """Draws the values of each form into Matplotlib's axes.

    Args:
        axes: what is drawn into.
        places: numbers make curves, names groups of bars.
        values: a value a place by form; NaN leaves a gap.
        title: of the picture.
        xlabel: what the places are.
        logarithmic: whether the values' axis is.
    """
    forms = list(zip(values.items(), _COLOURS, strict=False))
    if isinstance(places[0], str):
        width, middle = 0.8 / len(forms), (len(forms) - 1) / 2
        for number, ((form, row), colour) in enumerate(forms):
            left = np.arange(len(places)) + (number - middle) * width
            axes.bar(left, row, width, color=colour, label=form)
        names = [fill(place, _LABEL_WIDTH) for place in places]
        axes.set_xticks(range(len(places)), names, parse_math=False)
    else:
        dashed = {"linestyle": "--", "zorder": 3}  # seen where both are the same
        for number, ((form, row), colour) in enumerate(forms):
            style = {} if number else dashed
            axes.plot(places, row, color=colour, label=form, **style)
    axes.set_xlabel(xlabel)
    if logarithmic:
        axes.set_yscale("log")
    axes.set_title(fill(title, _TITLE_WIDTH), parse_math=False)


def comparison_image(
    places: Sequence[int] | Sequence[str],
    values: Mapping[str, Sequence[float]],
    **texts,
) -> np.ndarray:
    """Draws a comparison as a picture of its own, with a legend.

    Args:
        places, values, texts: as for `draw_comparison`.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.family": ["DejaVu Sans"]}):
        figure = Figure((6.5, 4.2), dpi=100, layout="constrained")
        axes = figure.subplots()
        draw_comparison(axes, places, values, **texts)
        axes.legend()
        return figure_pixels(figure)
