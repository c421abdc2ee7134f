"""The choice of a font for labels."""

from pathlib import Path

import matplotlib
import pytest
from matplotlib import font_manager

from roots_tf.monitoring.label_fonts import font_families

BUNDLED = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
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
