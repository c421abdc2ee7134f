"""Run folders: names, resuming, refusals."""

import dataclasses

import numpy as np
import pytest

from roots_tf.optimization.learning_rate import SHAPES
from roots_tf.train.make_optimizer import learning_rate_of
from roots_tf.train.run import (
    SCHEDULES,
    GradientRunOptions,
    RunOptions,
    start,
)


def options(tmp_path, **changes):
    return RunOptions(log_dir=str(tmp_path / "logs"), **changes)


def with_checkpoint(run):
    run.checkpoints.mkdir()
    (run.checkpoints / "ckpt-0.index").touch()
    return run


def test_runs_of_one_name_are_numbered(tmp_path):
    names = [start(options(tmp_path), "tagger", "msra").folder.name for _ in range(3)]

    assert names == ["msra", "msra-2", "msra-3"]


def test_resume_takes_the_last_run_of_the_name(tmp_path):
    start(options(tmp_path), "tagger", "msra")
    last = with_checkpoint(start(options(tmp_path), "tagger", "msra"))

    run = start(options(tmp_path, resume=True, epochs=9), "tagger", "msra")

    assert (run.folder, run.resumed) == (last.folder, True)


def test_resume_of_a_run_without_a_checkpoint_starts_afresh(tmp_path):
    killed = start(options(tmp_path), "tagger", "msra")
    (killed.folder / "left over").touch()

    run = start(options(tmp_path, resume=True), "tagger", "msra")

    assert (run.folder, run.resumed) == (killed.folder, False)
    assert not (run.folder / "left over").exists()


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ({}, {"resume": True, "seed": 8}, "--seed: expected 7 as in the run to resume"),
        ({"name": "a"}, {"resume": True, "name": "b"}, "--resume: expected a run in"),
        ({"name": "a"}, {"name": "a"}, "--name: .*is there already; add --resume"),
    ],
)
def test_a_run_that_would_be_mixed_up_is_refused(tmp_path, before, now, message):
    with_checkpoint(start(options(tmp_path, **before), "tagger", "msra"))

    with pytest.raises(ValueError, match=message):
        start(options(tmp_path, **now), "tagger", "msra")


def test_a_log_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "logs").write_text("a file in the way")

    with pytest.raises(OSError, match="--log-dir: cannot write to .*logs"):
        start(options(tmp_path), "tagger", "msra")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "--epochs: expected 1 or more, got 0"),
        ({"batch_size": -1}, "--batch-size: expected 1 or more, got -1"),
        ({"seed": -1}, "--seed: expected 0 or more, got -1"),
        ({"name": "a/b"}, "--name: expected a name, not a path"),
        ({"accumulate": 0}, "--accumulate: expected 1 or more, got 0"),
        ({"warmup": 500.0}, "--warmup: expected a share of the steps, .* got 500.0"),
    ],
)
def test_options_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        GradientRunOptions(**changes)


def test_more_epochs_are_refused_where_the_learning_rate_falls_to_the_last(tmp_path):
    def begin(**changes):
        options = GradientRunOptions(log_dir=str(tmp_path), **changes)
        return start(options, "tagger", options.schedule)

    for schedule in ("constant", "linear"):
        with_checkpoint(begin(schedule=schedule))

    assert begin(schedule="constant", resume=True, epochs=9).resumed
    with pytest.raises(ValueError, match="--epochs: expected 5 as in the run to"):
        begin(schedule="linear", resume=True, epochs=9)


def test_a_schedule_goes_over_the_steps_of_all_epochs():
    options = {"epochs": 4, "accumulate": 3, "learning_rate": 0.1, "warmup": 0.25}

    rate = learning_rate_of(GradientRunOptions(schedule="linear", **options), 13)

    # 13 batches are 5 steps, four epochs 20, a quarter of them 5.
    rates = [float(rate(step)) for step in (0, 4, 5, 10, 15, 20)]
    expected = [0.1 / 5, 0.1, 0.1, 0.1 * 10 / 15, 0.1 * 5 / 15, 0]
    np.testing.assert_allclose(rates, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_fits_the_shortest_run(schedule):
    options = GradientRunOptions(epochs=1, schedule=schedule, warmup=0.99)

    rate = learning_rate_of(options, batches=1)

    assert float(rate(0)) == pytest.approx(0.001)


def test_a_learning_rate_that_stays_the_same_is_a_number():
    assert learning_rate_of(GradientRunOptions(), batches=7) == 0.001


def test_the_schedules_to_choose_from_are_those_there_are():
    # Named twice, so that --help need not import Keras.
    assert SCHEDULES == SHAPES


def test_every_option_says_what_it_means():
    for field in dataclasses.fields(GradientRunOptions):
        assert field.metadata["help"], field.name


def test_xla_compiles_for_one_replica():
    with pytest.raises(ValueError, match="--xla: expected --strategy one, got mirr"):
        GradientRunOptions(xla=True, strategy="mirrored")
