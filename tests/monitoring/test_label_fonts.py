"""The choice of a font for labels, and that all who draw make it."""

import re
from pathlib import Path

import matplotlib
import pytest
from matplotlib import font_manager

from roots_tf.monitoring import label_fonts
from roots_tf.monitoring.label_fonts import NOTE, drawable, font_families

BUNDLED = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
# What they draw is numbers and English words of their own, no names from data.
OWN_WORDS_ALONE = {"scaling_figure", "comparison_figure"}
NOT_IN_DEJAVU = "\u1d81"  # in STIX General, which Matplotlib brings along


@pytest.fixture
def install(monkeypatch):
    """Makes some of Matplotlib's own fonts the only installed ones."""

    def only(*names):
        paths = [str(BUNDLED / name) for name in names]
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)

    return only


def test_latin_labels_need_no_other_font(install):
    install()

    assert font_families(["negative", "naïve", "Ελλάδα"]) == ["DejaVu Sans"]


def test_installed_font_with_the_missing_characters_is_added(install):
    install("cmr10.ttf", "STIXGeneral.ttf")

    assert font_families(["a", NOT_IN_DEJAVU]) == ["DejaVu Sans", "STIXGeneral"]


def test_no_font_is_named_where_none_has_all_the_characters(install, tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    # The last resort font has every character, as a box with its number.
    install("STIXGeneral.ttf", "LastResortHE-Regular.ttf", str(broken))

    assert font_families([NOT_IN_DEJAVU, "财"]) is None


def test_the_package_that_brings_a_font_is_printed_once(install, capsys):
    install()
    label_fonts._say_once.cache_clear()

    families = [font_families(["财"]), font_families(["经"])]

    assert families == [None, None]
    (line,) = capsys.readouterr().out.splitlines()
    assert "fonts-noto-cjk" in line


def test_labels_that_a_font_can_draw_stay_as_they_are(install):
    install("STIXGeneral.ttf")

    families, labels, note = drawable(["a", NOT_IN_DEJAVU])

    assert (families[-1], labels, note) == ("STIXGeneral", ["a", NOT_IN_DEJAVU], "")


def test_labels_without_a_font_are_numbered_with_a_line_that_names_the_package(install):
    install("STIXGeneral.ttf")

    assert drawable(["a", "财"]) == (["DejaVu Sans"], ["#0", "#1"], NOTE)
    assert "fonts-noto-cjk" in NOTE


def test_every_module_that_draws_asks_for_a_font(project):
    drawing = {
        path.stem: text
        for path in (project / "roots_tf").rglob("*.py")
        if "from matplotlib.figure" in (text := path.read_text(encoding="utf-8"))
    }

    assert {"figures", "attention_maps", "run_report"} <= set(drawing)
    for name, text in drawing.items():
        assert '"font.family": ' in text, name
        if name not in OWN_WORDS_ALONE:
            assert re.search(r"= (font_families|drawable)\(", text), name
