"""The pictures of a confusion matrix and of calibration."""

import warnings

import numpy as np
import pytest

from roots_tf.monitoring import figures, label_fonts
from roots_tf.monitoring.figures import confusion_matrix_image, reliability_image

CHINESE = ("财经", "房产", "家居", "教育", "科技", "时尚", "时政", "体育", "游戏")


@pytest.fixture
def drawn(monkeypatch):
    """Collects the Matplotlib figures that are drawn."""
    seen = []
    render = figures.figure_pixels

    def keep(figure):
        seen.append(figure)
        return render(figure)

    monkeypatch.setattr(figures, "figure_pixels", keep)
    return seen


def labels_of(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize(
    ("size", "name"),
    [(2, "c"), (2, "a long category name"), (9, "a long category name"), (30, "c")],
)
def test_nothing_is_cut_off_at_the_border(size, name):
    counts = np.full((size, size), 12345)

    pixels = confusion_matrix_image(counts, [f"{name} {i}" for i in range(size)])

    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
    assert max(pixels.shape) < 2500
    for edge in (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:]):
        assert (edge == 255).all()


def test_colours_are_shares_of_the_true_class_and_numbers_are_counts(drawn):
    counts = np.array([[30, 10, 0], [0, 0, 0], [0, 5, 0]])

    confusion_matrix_image(counts, ["a", "b", "c"])

    axes = drawn[0].axes[0]
    shares = axes.images[0].get_array()
    np.testing.assert_allclose(shares, [[0.75, 0.25, 0], [0, 0, 0], [0, 1, 0]])
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "30", (1, 0): "10", (1, 2): "5"}
    assert axes.get_title() == "45 texts, accuracy 0.667"


def test_chinese_labels_are_drawn_or_visibly_numbered_but_never_boxes(drawn):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Matplotlib warns of a missing glyph
        confusion_matrix_image(np.eye(9, dtype=int), CHINESE)

    (figure,) = drawn
    if labels_of(figure)[0] == "财经":
        assert figure.get_supxlabel() == ""
    else:
        assert labels_of(figure) == [f"#{i}" for i in range(9)]
        assert "No installed font can draw the labels" in figure.get_supxlabel()


def test_labels_without_a_font_are_numbered_with_a_note(drawn, monkeypatch):
    monkeypatch.setattr(label_fonts, "font_families", lambda labels: None)

    pixels = confusion_matrix_image(np.eye(9, dtype=int), CHINESE)

    assert labels_of(drawn[0]) == [f"#{i}" for i in range(9)]
    assert "numbers are shown instead" in drawn[0].get_supxlabel()
    assert "fonts-noto-cjk" in drawn[0].get_supxlabel()
    assert (pixels[-2:] == 255).all()


def test_dollar_signs_begin_no_formula_and_long_labels_are_shortened(drawn):
    names = ["$a", "b$ $c$", "字" * 20, "x" * 19, "x" * 18]

    confusion_matrix_image(
        np.eye(5, dtype=int), names[:2] + names[3:] + ["line\nbreak"]
    )
    shortened = figures._shorten("字" * 20)

    assert labels_of(drawn[0]) == [
        "$a",
        "b$ $c$",
        "x" * 17 + "…",
        "x" * 18,
        "line break",
    ]
    assert shortened == "字" * 8 + "…"


def test_matrix_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 3\) for 3 labels, got \(2, 2\)"):
        confusion_matrix_image(np.eye(2), ["a", "b", "c"])


def test_reliability_picture_shows_each_bin_its_gap_and_its_size(drawn):
    confidence, accuracy = np.array([0.4, 0.95]), np.array([0.5, 0.75])

    pixels = reliability_image(confidence, accuracy, np.array([10, 30]))

    above, below = drawn[0].axes
    diagonal, model = above.lines
    np.testing.assert_array_equal(diagonal.get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(model.get_xydata(), [[0.4, 0.5], [0.95, 0.75]])
    # By hand: 10/40 * 0.1 + 30/40 * 0.2 = 0.175
    assert above.get_title() == "40 texts, calibration error 0.175"
    centres = [bar.get_x() + bar.get_width() / 2 for bar in below.patches]
    assert centres == pytest.approx([0.4, 0.95])
    assert [bar.get_height() for bar in below.patches] == [10, 30]
    assert pixels.dtype == np.uint8
    for edge in (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:]):
        assert (edge == 255).all()


@pytest.mark.parametrize("bins", [([], [], []), ([0.5], [0.5, 0.6], [1])])
def test_bins_that_are_none_or_do_not_fit_are_refused(bins):
    with pytest.raises(ValueError, match="a count for each bin, got shapes"):
        reliability_image(*bins)
