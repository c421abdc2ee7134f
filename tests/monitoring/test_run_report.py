"""The HTML report's charts; the whole file is tested with `roots_tf.runs`."""

import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

from roots_tf.monitoring import label_fonts, run_report

POINTS = np.array([[1, 2.0], [2, 1.0]])
CURVES = {"得分/准确率": {"训练": POINTS}, "cost in $ or $": {"validation": POINTS}}


@pytest.mark.parametrize("has_font", [True, False])
def test_chinese_names_are_drawn_or_numbered_with_a_note_but_never_boxes(
    has_font, monkeypatch
):
    drawn, save = [], Figure.savefig
    if not has_font:
        monkeypatch.setattr(label_fonts, "font_families", lambda labels: None)

    def keep(figure, *arguments, **options):
        drawn.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Matplotlib warns of a missing glyph
        png = run_report._draw(CURVES)

    assert png.startswith(b"\x89PNG")
    titles = [panel.get_title() for panel in drawn[0].axes if panel.get_title()]
    note = drawn[0].get_supxlabel()
    if note:
        assert titles == ["#0", "#1"] and "fonts-noto-cjk" in note
    else:
        assert titles == list(CURVES) and has_font
