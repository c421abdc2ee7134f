"""A run as one HTML file: what it was, its curves and pictures, how it ended.

Article: §7.2.2 (TensorBoard). For who has no TensorBoard at hand: the file needs no
other one and no network.
"""

import base64
import html
import io
import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from roots_tf.monitoring.label_fonts import drawable

_MOST_PICTURES = 12
_MOST_CURVES = 24  # panels; the update ratios and gradients of each layer are many
_LEFT_OUT = ("update_ratio/", "not_finite/")
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em;"
    "text-align:left;vertical-align:top}code,pre{background:#f4f4f4}"
    "pre{padding:.6em;white-space:pre-wrap}img{max-width:100%}"
)


def write_report(name: str, record: dict, folder: Path | None) -> str:
    """Gives the HTML of a run.

    Args:
        name: of the run.
        record: what its ``run.json`` holds.
        folder: with its event files, or None for a kept record, which has none.
    """
    parts = [f"<h1>{html.escape(name)}</h1>"]
    about = {"state": record["status"], "started": record["started"]}
    about |= {"seconds": record.get("wall_seconds"), "data": record["data"]["name"]}
    about |= {key: record[key] for key in ("revision", "error") if record.get(key)}
    parts += [f"<pre>{html.escape(record['command'])}</pre>", _table(about)]
    if record["final_metrics"]:
        parts += ["<h2>Final metrics</h2>", _table(record["final_metrics"])]
    if record.get("curve"):
        curves = _curves_of_record(record["curve"])
        parts += ["<h2>By epoch</h2>", _picture(_draw(curves), "curves by epoch")]
    if folder is not None:
        scalars, pictures, texts = read_events(folder)
        if scalars:
            parts += ["<h2>By step</h2>", _picture(_draw(scalars), "curves by step")]
        for tag, png in list(pictures.items())[:_MOST_PICTURES]:
            parts += [f"<h2>{html.escape(tag)}</h2>", _picture(png, tag)]
        for tag, text in texts.items():
            parts += [f"<h2>{html.escape(tag)}</h2>", f"<pre>{html.escape(text)}</pre>"]
    parts += ["<h2>Options</h2>", _table(record["options"])]
    parts += ["<h2>Versions</h2>", _table(record.get("versions", {}))]
    head = f'<meta charset="utf-8"><title>{html.escape(name)}</title>'
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>'
        f"<body>\n{body}\n</body></html>\n"
    )


def read_events(folder: Path) -> tuple[dict, dict, dict]:
    """Reads what TensorBoard would show of a run.

    Returns:
        Curves, tag -> writer -> points (N, 2) of step and value; the last picture of
        each "writer/tag", PNG bytes; the last text of each.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    curves: dict[str, dict] = defaultdict(dict)
    pictures, texts = {}, {}
    parents = {path.parent for path in folder.rglob("events.out.tfevents.*")}
    for parent in sorted(parents):
        events = EventAccumulator(str(parent), size_guidance={"tensors": 2_000})
        events.Reload()
        writer = parent.relative_to(folder).as_posix()
        for tag in events.Tags()["tensors"]:
            plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
            points = events.Tensors(tag)
            if plugin == "scalars" and not tag.startswith(_LEFT_OUT):
                values = [
                    (one.step, float(tensor_util.make_ndarray(one.tensor_proto)))
                    for one in points
                ]
                curves[tag][writer] = np.array(values)
            elif plugin == "images":
                last = tensor_util.make_ndarray(points[-1].tensor_proto)
                pictures[f"{writer}/{tag}"] = last[2]  # after width and height
            elif plugin == "text":
                last = tensor_util.make_ndarray(points[-1].tensor_proto)
                texts[f"{writer}/{tag}"] = last.ravel()[0].decode("utf-8", "replace")
    return dict(sorted(curves.items())[:_MOST_CURVES]), pictures, texts


def _curves_of_record(curve: list[dict]) -> dict:
    curves: dict[str, dict] = defaultdict(dict)
    for split in ("train", "validation"):
        for name in {name: None for point in curve for name in point.get(split, {})}:
            points = [
                (point["epoch"], point[split][name])
                for point in curve
                if isinstance(point.get(split, {}).get(name), (int, float))
            ]
            curves[name][split] = np.array(points).reshape(-1, 2)
    return curves


def _draw(curves: dict) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = min(3, len(curves))
    rows = math.ceil(len(curves) / columns)
    names = list(curves) + [writer for lines in curves.values() for writer in lines]
    families, shown, note = drawable(names)
    shown = dict(zip(names, shown, strict=True))
    png = io.BytesIO()
    with rc_context({"font.family": families, "text.parse_math": False}):
        figure = Figure((4 * columns, 2.4 * rows), dpi=90, layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel, (tag, lines) in zip(panels, curves.items(), strict=False):
            for writer, points in lines.items():
                style = "o-" if len(points) < 30 else "-"
                panel.plot(*points.T, style, ms=3, lw=1, label=shown[writer])
            panel.set_title(shown[tag], fontsize=9)
            panel.tick_params(labelsize=7)
            panel.legend(fontsize=6)
        for panel in panels[len(curves) :]:
            panel.set_axis_off()
        if note:
            figure.supxlabel(note, fontsize=8, color="firebrick")
        figure.savefig(png, format="png")
    return png.getvalue()


def _picture(png: bytes, name: str) -> str:
    data = base64.b64encode(png).decode()
    return f'<img alt="{html.escape(name, True)}" src="data:image/png;base64,{data}">'


def _table(values: dict) -> str:
    rows = (
        f"<tr><th>{html.escape(str(key))}</th><td>{html.escape(_short(value))}</td></tr>"
        for key, value in values.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _short(value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
