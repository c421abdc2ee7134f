"""One erratum in TensorBoard: a text, a picture and, of a course, curves.

Article: §1.3, §7.2.2 (TensorBoard).
"""

import hashlib
import math
from collections.abc import Mapping, Sequence

from roots_tf.errata.comparison import Comparison, compare
from roots_tf.errata.erratum import GRADES, Erratum, load
from roots_tf.monitoring.comparison_figure import comparison_image
from roots_tf.monitoring.custom_layout import write_layout
from roots_tf.monitoring.tensorboard import RunMonitor


def read(ids: Sequence[str]) -> tuple[list[Erratum], str]:
    """Gives the entries of these ids, and the hash of what they say."""
    by_id = {entry.id: entry for entry in load()}
    entries = [by_id[id] for id in ids]
    text = "\n".join(entry.markdown() for entry in entries)
    return entries, hashlib.sha256(text.encode()).hexdigest()


def write(monitor: RunMonitor, entry: Erratum) -> Comparison:
    """Computes an erratum's comparison and writes all that is to be seen of it.

    Text and picture of one folder need tags that differ: `E07`, `E07/side by side`.

    Curves of one erratum have one tag, `E07/<what is measured>`, and a writer a form,
    "printed", "right" ..., so that they lie in one chart; a place where a form has no
    value has no point.
    """
    comparison = compare(entry.id)
    monitor.text("", 0, entry.id, _text(entry, comparison))
    picture = comparison_image(
        comparison.places,
        comparison.values,
        title=f"{entry.id}: {comparison.measured}",
        xlabel=comparison.by,
        logarithmic=comparison.logarithmic,
    )
    monitor.image("", 0, f"{entry.id}/side by side", picture)
    if comparison.is_curve:
        tag = f"{entry.id}/{comparison.measured}"
        for form, values in comparison.values.items():
            for place, value in zip(comparison.places, values, strict=True):
                if math.isfinite(value):
                    monitor.scalars(form.replace(" ", "_"), place, {tag: value})
    monitor.flush()
    return comparison


def write_overview(
    monitor: RunMonitor,
    entries: Sequence[Erratum],
    comparisons: Mapping[str, Comparison],
) -> None:
    """Writes the table of all, and the layout of those that have curves."""
    rows = ["| erratum | grade | what | numbers |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {entry.id} | {entry.grade} | {entry.title} "
        f"| {comparisons[entry.id].line()} |"
        for entry in entries
    ]
    grades = [f"* **{grade}**: {meaning}" for grade, meaning in GRADES.items()]
    monitor.text("", 0, "overview", "\n".join([*rows, "", *grades]))
    charts = {
        f"{entry.id}: {entry.title}": [f"{entry.id}/.*"]
        for entry in entries
        if comparisons[entry.id].is_curve
    }
    if charts:
        write_layout(monitor, {"The printed form beside the right one": charts})


def _text(entry: Erratum, comparison: Comparison) -> str:
    sections = ", ".join(f"§{number}" for number in entry.sections)
    return "\n\n".join(
        [
            f"**{entry.title}** Grade {entry.grade}; {sections}.",
            entry.markdown(),
            f"**Side by side: {comparison.measured}**",
            comparison.table(),
        ]
    )
