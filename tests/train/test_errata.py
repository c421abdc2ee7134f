"""The script that runs the errata: what it prints, and what TensorBoard gets."""

import io
import json
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2

from roots_tf.errata.comparison import compare
from roots_tf.errata.e05_gradient_sign import losses_of_steps, right_gradient
from roots_tf.errata.erratum import load, modules
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.train.errata import main


def run(log_dir, *words):
    main(["--log-dir", str(log_dir), *words])


def texts_of(folder):
    """Tag -> Markdown of a run's texts."""
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return {
        tag: tf.make_ndarray(events.Tensors(tag)[0].tensor_proto).item().decode()
        for tag in events.PluginTagToContent("text")
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of all errata, and what it printed."""
    log_dir, printed = tmp_path_factory.mktemp("logs"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", printed)
        run(log_dir)
    return log_dir / "errata" / "all", printed.getvalue()


@pytest.fixture(scope="module")
def comparisons():
    """All of them by id."""
    return {id: compare(id) for id in modules()}


def test_each_erratum_has_a_line_with_the_values_of_both_forms(finished):
    lines = finished[1].splitlines()

    assert [line[:3] for line in lines[:-1]] == list(modules())
    for line, entry in zip(lines, load(), strict=False):
        assert line.startswith(f"{entry.id} {entry.grade} {entry.title} ")
        assert re.search(r": printed \S+, right [\d.e+-]+(,|$)", line)
    assert lines[-1].startswith("Watch them: tensorboard --logdir ")
    assert lines[-1].endswith("errata (run all)")


def test_both_forms_of_a_course_are_curves_under_one_tag(finished, comparisons):
    scalars = read_scalars(finished[0])

    for id, comparison in comparisons.items():
        if not comparison.is_curve:
            continue
        tag = f"{id}/{comparison.measured}"

        for form in ("printed", "right"):
            points = dict(scalars[form, tag])
            values = dict(zip(comparison.places, comparison.values[form], strict=True))
            finite = {at: v for at, v in values.items() if np.isfinite(v)}
            # TensorBoard keeps 32 bits of a number.
            assert points == pytest.approx(finite, rel=1e-6)


def test_the_curve_of_the_right_gradient_is_that_of_the_erratum(finished):
    points = read_scalars(finished[0])["right", "E05/loss"]

    losses = losses_of_steps(right_gradient)
    assert [step for step, _ in points] == list(range(len(losses)))
    assert [loss for _, loss in points] == pytest.approx(losses, rel=1e-6)


def test_every_erratum_has_a_text_with_its_statements_and_a_table(
    finished, comparisons
):
    texts = texts_of(finished[0])

    assert set(texts) == {*modules(), "overview"}
    for entry in load():
        assert entry.title in texts[entry.id]
        assert entry.markdown() in texts[entry.id]
        assert comparisons[entry.id].table() in texts[entry.id]
        assert f"| {entry.id} | {entry.grade} | {entry.title} |" in texts["overview"]


def test_every_erratum_has_a_picture_with_both_colours(finished):
    events = EventAccumulator(str(finished[0]), size_guidance={"tensors": 0}).Reload()

    tags = {f"{id}/side by side" for id in modules()}
    assert set(events.PluginTagToContent("images")) == tags
    for tag in tags:
        _, _, png = tf.make_ndarray(events.Tensors(tag)[0].tensor_proto)
        pixels = np.asarray(Image.open(io.BytesIO(png)), int)  # (height, width, 3)
        colours = set(np.unique(pixels @ [256**2, 256, 1]))
        assert {0xB22222, 0x2E8B57} <= colours  # firebrick, seagreen


def test_the_record_keeps_the_values_where_both_are_farthest_apart(finished):
    record = json.loads((finished[0] / "run.json").read_text(encoding="utf-8"))

    metrics = record["final_metrics"]
    assert record["status"] == "finished"
    assert {name.split("/")[0] for name in metrics} == set(modules())
    # TP = 8, FP = 2, FN = 32: the share of the positives is 8 / 40, not 8 / 10.
    assert (metrics["E08/printed"], metrics["E08/right"]) == (0.8, 0.2)
    assert metrics["E04/printed"] is None  # no number


def test_the_layout_has_a_chart_for_each_erratum_that_has_curves(finished, comparisons):
    events = EventAccumulator(str(finished[0]), size_guidance={"tensors": 0}).Reload()

    [layout_tag] = events.PluginTagToContent("custom_scalars")
    message = tf.make_ndarray(events.Tensors(layout_tag)[0].tensor_proto).item()
    [category] = layout_pb2.Layout.FromString(message).category

    curves = [id for id, one in comparisons.items() if one.is_curve]
    assert [chart.title[:3] for chart in category.chart] == curves
    tags = [tag for run, tag in read_scalars(finished[0]) if run == "right"]
    for chart, tag in zip(category.chart, sorted(tags), strict=True):
        assert re.search(chart.multiline.tag[0], tag)


def test_an_erratum_of_bars_alone_needs_no_layout(tmp_path):
    run(tmp_path, "--only", "E02", "--name", "bars")

    folder = tmp_path / "errata" / "bars"
    assert set(texts_of(folder)) == {"E02", "overview"}
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


def test_some_errata_alone_can_be_run_and_the_run_begun_again(tmp_path, capsys):
    run(tmp_path, "--only", "E10,E07")
    folder = tmp_path / "errata" / "E10-E07"
    (folder / "run.json").unlink()  # as if cut off
    (folder / "left.over").touch()
    first = capsys.readouterr().out

    run(tmp_path, "--only", "E10,E07", "--resume")

    assert capsys.readouterr().out == first
    assert [line[:3] for line in first.splitlines()] == ["E10", "E07", "Wat"]
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"
    assert not (folder / "left.over").exists()
    assert len(list(folder.glob("events*"))) == 1
    assert [path.name for path in folder.parent.iterdir()] == ["E10-E07"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "E7"], "--only: expected ids of E01 to E25, .*, got 'E7'"),
        (["--only", "E07,E26"], "got 'E07,E26'"),
        (["--only", "E07,E07"], "each once"),
        (["--only", "E07", "E10"], "expected only flags, got 'E10'"),
        (["--epochs", "2"], "unknown flag --epochs"),
        (["--resume"], "--resume: expected a run in"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(words, message, tmp_path, capfd):
    with pytest.raises(SystemExit) as stop:
        run(tmp_path, *words)

    assert stop.value.code == 2
    lines = capfd.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert re.search(message, lines[0])
    assert not (tmp_path / "errata").exists()
