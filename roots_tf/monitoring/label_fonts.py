"""A font that can draw the labels of a picture.

Matplotlib's own font has no Chinese characters and would draw empty boxes.

Article: §7.2.2.
"""

from collections.abc import Sequence
from functools import cache

# Stands in a picture whose labels no font can draw.
NOTE = (
    "No installed font can draw the labels: numbers are shown instead.\n"
    "Install a font that can (Debian: fonts-noto-cjk) to see them."
)


def drawable(labels: Sequence[str]) -> tuple[list[str], list[str], str]:
    """Return labels as they can be drawn: as they are, or numbered.

    Args:
        labels: The texts to draw.

    Returns:
        The font families to draw with; the labels, or "#0", "#1" ... if no installed
        font can draw them all; in that case a note for the picture, else "".
    """
    families = font_families(labels)
    if families is None:
        return ["DejaVu Sans"], [f"#{index}" for index in range(len(labels))], NOTE
    return families, list(labels), ""


def font_families(labels: Sequence[str]) -> list[str] | None:
    """Return the font families that together draw all labels.

    If there are none, a line that names a package is printed, once.

    Args:
        labels: The texts to draw.

    Returns:
        Matplotlib's own family, followed by one installed family with the characters
        that it lacks, if it lacks any; None if no installed font has them.
    """
    from matplotlib import font_manager

    own_font = font_manager.findfont("DejaVu Sans")
    missing = {ord(c) for c in "".join(labels)} - _code_points(own_font)
    if not missing:
        return ["DejaVu Sans"]
    for path in sorted(font_manager.findSystemFonts(), key=_preference):
        if missing <= _code_points(path):
            font_manager.fontManager.addfont(path)
            entries = font_manager.fontManager.ttflist
            families = [entry.name for entry in entries if str(entry.fname) == path]
            # One file may hold the Japanese, Korean and Chinese forms of each
            # character; "SC" is simplified Chinese.
            families.sort(key=lambda family: not family.endswith(" SC"))
            return ["DejaVu Sans", families[0]]
    _say_once()
    return None


@cache
def _say_once() -> None:
    print(
        "Figures: no installed font can draw all labels, such as Chinese ones; "
        "install one (Debian: fonts-noto-cjk), python -m roots_tf.doctor tells how."
    )


def _preference(path: str) -> tuple[bool, bool, str]:
    """Put regular sans-serif fonts first; the path makes the order the same always."""
    name = path.lower()
    return ("regular" not in name, "serif" in name, path)


def _code_points(path: str) -> set[int]:
    from matplotlib import font_manager

    if "lastresort" in path.lower():
        return set()  # macOS: has every character, as a numbered box
    try:
        return set(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError):
        return set()  # a bitmap or damaged font
