"""Event files: sizes, cutting back, reading scalars."""

import re

import pytest
import tensorflow as tf

from roots_tf.monitoring.event_log import (
    event_file_sizes,
    read_scalars,
    truncate_event_files,
)


def write_curve(folder, steps):
    with tf.summary.create_file_writer(str(folder)).as_default() as writer:
        for step in steps:
            tf.summary.scalar("loss", step / 8, step=step)
        writer.close()


def test_cut_file_holds_just_what_it_held_when_the_size_was_taken(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path / "train"))
    with writer.as_default():
        tf.summary.scalar("loss", 0.5, step=1)
        writer.flush()
        sizes = event_file_sizes(tmp_path)
        tf.summary.scalar("loss", 0.25, step=2)
    writer.close()

    truncate_event_files(tmp_path, sizes)

    assert read_scalars(tmp_path) == {("train", "loss"): [(1, 0.5)]}
    assert event_file_sizes(tmp_path) == sizes


def test_files_that_came_later_are_deleted_and_others_left_alone(tmp_path):
    write_curve(tmp_path / "train", [1])
    sizes = event_file_sizes(tmp_path)
    write_curve(tmp_path / "test", [9])
    (tmp_path / "test" / "notes.txt").write_text("keep")

    truncate_event_files(tmp_path, sizes)

    assert list(read_scalars(tmp_path)) == [("train", "loss")]
    assert [path.name for path in (tmp_path / "test").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("change", [-1, -13, -29])
def test_size_within_a_record_is_refused_and_nothing_changes(tmp_path, change):
    write_curve(tmp_path, [1, 2])
    sizes = event_file_sizes(tmp_path)
    wrong = {name: size + change for name, size in sizes.items()}
    write_curve(tmp_path / "later", [3])
    before = event_file_sizes(tmp_path)

    with pytest.raises(ValueError, match="expected a record of event file .* to end"):
        truncate_event_files(tmp_path, wrong)

    assert event_file_sizes(tmp_path) == before


def test_every_record_end_that_tensorflow_reads_is_accepted(tmp_path):
    write_curve(tmp_path, [1, 2, 3])
    ((name, _),) = event_file_sizes(tmp_path).items()
    whole = (tmp_path / name).read_bytes()
    records = [r.numpy() for r in tf.data.TFRecordDataset(str(tmp_path / name))]

    for count in range(len(records), -1, -1):
        end = sum(len(record) + 16 for record in records[:count])
        truncate_event_files(tmp_path, {name: end})
        assert (tmp_path / name).read_bytes() == whole[:end]


def test_missing_or_shorter_file_is_refused_in_one_line(tmp_path):
    write_curve(tmp_path, [1])
    ((name, size),) = event_file_sizes(tmp_path).items()

    with pytest.raises(ValueError, match=f"at least {size + 1} bytes.*found {size} b"):
        truncate_event_files(tmp_path, {name: size + 1})
    with pytest.raises(ValueError, match=re.escape("expected event file gone.tfev")):
        truncate_event_files(tmp_path, {"gone.tfevents": 8})


def test_reading_returns_every_point_of_every_run_and_no_other_plugin(tmp_path):
    write_curve(tmp_path / "a" / "train", range(2000))
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=3) as writer:
        tf.summary.scalar("top", 4.0)
        tf.summary.histogram("weights", [1.0, 2.0])
        tf.summary.text("note", "hello")
        writer.close()

    scalars = read_scalars(tmp_path)

    assert set(scalars) == {(".", "top"), ("a/train", "loss")}
    assert scalars[".", "top"] == [(3, 4.0)]
    assert scalars["a/train", "loss"] == [(step, step / 8) for step in range(2000)]
