"""Two forms side by side: what is drawn, read back from Matplotlib's own objects."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from roots_tf.monitoring.comparison_figure import comparison_image, draw_comparison


@pytest.fixture
def axes():
    return Figure().subplots()


def test_numbers_are_drawn_as_curves_with_the_printed_one_dashed_on_top(axes):
    values = {"printed": [1.0, math.nan], "right": [3.0, 4.0]}

    draw_comparison(axes, [0, 5], values, title="a title", xlabel="step")

    printed, right = axes.lines
    assert printed.get_linestyle() == "--" and right.get_linestyle() == "-"
    assert printed.get_zorder() > right.get_zorder()
    assert right.get_xydata().tolist() == [[0, 3], [5, 4]]
    assert np.isnan(printed.get_ydata()[1])
    assert (axes.get_title(), axes.get_xlabel()) == ("a title", "step")


def test_names_are_drawn_as_groups_of_bars_side_by_side(axes):
    values = {"printed": [1, 2], "right": [3, 4], "third": [5, 6]}

    draw_comparison(axes, ["one", "a name of many words"], values)

    heights = [bar.get_height() for bar in axes.patches]
    assert heights == [1, 2, 3, 4, 5, 6]
    spans = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches)
    assert all(
        end <= start + 1e-9
        for (_, end), (start, _) in zip(spans[:-1], spans[1:], strict=True)
    )
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["one", "a name of\nmany words"]


def test_a_logarithmic_axis_is_one(axes):
    draw_comparison(axes, ["a"], {"printed": [1], "right": [1e6]}, logarithmic=True)

    assert axes.get_yscale() == "log"


def test_a_dollar_is_no_formula():
    values = {"printed": [1], "right": [2]}

    picture = comparison_image(["$"], values, title="$x", xlabel="model")

    assert picture.dtype == np.uint8
    assert picture.shape == (420, 650, 3)


def test_the_picture_has_the_colours_of_both_forms():
    picture = comparison_image([0, 1], {"printed": [1, 2], "right": [2, 1]})

    colours = {tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()}
    # firebrick and seagreen, as CSS defines them.
    assert {(178, 34, 34), (46, 139, 87)} <= colours
