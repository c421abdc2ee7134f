"""Pictures drawn with Matplotlib, without a display.

Article: §3.3.1, §4.3.1 (confusion matrix, reliability diagram).
"""

import unicodedata
from collections.abc import Sequence

import numpy as np

from roots_tf.monitoring.label_fonts import drawable

_MOST_LABEL_WIDTH = 18  # Latin letters; a Chinese character is two wide
_DOTS_PER_INCH = 100


def confusion_matrix_image(
    matrix: np.ndarray, label_names: Sequence[str]
) -> np.ndarray:
    """Draw a confusion matrix: counts as numbers, shares of each row as colours.

    If no installed font can draw a label, all labels are replaced by class numbers
    and a note under the picture says so.

    Args:
        matrix: (C, C) counts, row = true class, column = predicted class.
        label_names: C names.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        ValueError: If the matrix is not (C, C).
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    matrix = np.asarray(matrix)
    size = len(label_names)
    if matrix.shape != (size, size):
        raise ValueError(
            f"expected a matrix of shape {(size, size)} for {size} labels, "
            f"got {matrix.shape}"
        )
    families, labels, note = drawable([_shorten(name) for name in label_names])
    side = 2.5 + max(2.2, (0.34 + 0.03 * len(str(matrix.max()))) * size)  # inches
    with rc_context({"font.family": families, "axes.unicode_minus": False}):
        figure = Figure((side + 0.8, side), dpi=_DOTS_PER_INCH, layout="compressed")
        _draw_matrix(figure, matrix, labels)
        if note:
            figure.supxlabel(note, fontsize=8, color="firebrick")
        return figure_pixels(figure)


def reliability_image(
    confidence: np.ndarray, accuracy: np.ndarray, count: np.ndarray
) -> np.ndarray:
    """Draw a reliability diagram: how often a model is right against how sure it is.

    Points on the diagonal are calibrated, below it the model is too sure. The bars
    below the diagram tell how many texts stand behind each point.

    Args:
        confidence: (M,) mean confidence in each of M bins, in [0, 1], rising.
        accuracy: (M,) share predicted right in each bin, in [0, 1].
        count: (M,) texts in each bin.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        ValueError: If there are no bins or lengths differ.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = [np.asarray(column) for column in (confidence, accuracy, count)]
    shapes = {column.shape for column in columns}
    if len(shapes) != 1 or not columns[0].size:
        raise ValueError(
            "expected a confidence, an accuracy and a count for each bin, got shapes "
            f"{[column.shape for column in columns]}"
        )
    with rc_context({"font.family": ["DejaVu Sans"]}):
        figure = Figure((4.5, 5.5), dpi=_DOTS_PER_INCH, layout="constrained")
        _draw_reliability(figure, *columns)
        return figure_pixels(figure)


def figure_pixels(figure) -> np.ndarray:
    """Render a Matplotlib figure: (height, width, 3) uint8 RGB."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _draw_matrix(figure, matrix: np.ndarray, labels: Sequence[str]) -> None:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)  # (C, C)
    axes = figure.subplots()
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    bar = figure.colorbar(picture, ax=axes, fraction=0.046, pad=0.02)
    bar.set_label("share of the true class")
    ticks = range(len(labels))
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(ticks, labels, parse_math=False, **slanted)  # "$" is no formula
    axes.set_yticks(ticks, labels, parse_math=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    accuracy = matrix.trace() / max(matrix.sum(), 1)
    axes.set_title(f"{matrix.sum()} texts, accuracy {accuracy:.3f}", fontsize=10)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            place = {"ha": "center", "va": "center"}
            axes.text(column, row, str(count), color=colour, fontsize=8, **place)


def _draw_reliability(figure, confidence, accuracy, count) -> None:
    above, below = figure.subplots(2, sharex=True, height_ratios=(4, 1))
    above.plot([0, 1], [0, 1], color="grey", linestyle="--", label="calibrated")
    above.vlines(confidence, accuracy, confidence, color="firebrick", alpha=0.5)
    above.plot(confidence, accuracy, marker="o", label="this model")
    above.set(xlim=(0, 1), ylim=(0, 1), ylabel="share predicted right")
    above.legend(loc="upper left")
    error = np.average(np.abs(accuracy - confidence), weights=count)
    above.set_title(f"{count.sum()} texts, calibration error {error:.3f}", fontsize=10)
    below.bar(confidence, count, width=0.02)
    below.set(xlabel="confidence", ylabel="texts")


def _shorten(label: str) -> str:
    label, width = " ".join(label.split()), 0
    for position, character in enumerate(label):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > _MOST_LABEL_WIDTH:
            return label[: position - 1] + "…"
    return label
