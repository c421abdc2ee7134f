"""Pictures of attention weights."""

import warnings

import numpy as np
import pytest
from matplotlib.text import Text

from roots_tf.monitoring import attention_maps
from roots_tf.monitoring.attention_maps import attention_image
from roots_tf.monitoring.figures import figure_pixels


@pytest.mark.parametrize(("heads", "length"), [(1, 8), (2, 2), (2, 18), (6, 8)])
def test_the_names_of_the_tokens_are_drawn_whole(heads, length):
    tokens = ["mattress"] * length
    weights = np.full((heads, length, length), 1 / length)

    image = attention_image(weights, tokens, title="a title")

    edges = image[[0, -1]], image[:, [0, -1]]
    assert all((edge == 255).all() for edge in edges)


@pytest.mark.parametrize(
    ("tokens", "title"), [("语言 模型".split(), "head"), (["a", "b"], "注意力")]
)
@pytest.mark.parametrize("has_font", [True, False])
def test_chinese_is_drawn_or_a_note_names_the_package_but_never_boxes(
    tokens, title, has_font, monkeypatch
):
    written = []
    if not has_font:
        monkeypatch.setattr(attention_maps, "font_families", lambda labels: None)

    def keep(figure):
        written.extend(text.get_text() for text in figure.findobj(Text))
        return figure_pixels(figure)

    monkeypatch.setattr(attention_maps, "figure_pixels", keep)

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Matplotlib warns of a missing glyph
        attention_image(np.full((1, 2, 2), 0.5), tokens, title=title)

    without = any("fonts-noto-cjk" in text for text in written)
    assert without != ({*tokens, title} <= set(written))
    assert has_font or without


def test_weights_that_do_not_fit_the_tokens_are_one_clear_line():
    with pytest.raises(ValueError, match=r"expected weights of shape \(heads, 3, 3\)"):
        attention_image(np.ones((2, 3, 4)), ["a", "b", "c"])
