"""Run folders: names, resuming, refusals."""

import dataclasses

import pytest

from roots_tf.train.run import GradientRunOptions, RunOptions, start


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
    ],
)
def test_options_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        GradientRunOptions(**changes)


def test_every_option_says_what_it_means():
    for field in dataclasses.fields(GradientRunOptions):
        assert field.metadata["help"], field.name
