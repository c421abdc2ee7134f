"""The domain script on two small texts: both ways learn, are killed, go on, save."""

import json
import random

import numpy as np
import pytest

from roots_tf.applications.text_generation import TextGenerator
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.domain_adaptation import main
from roots_tf.trends.low_rank_adaptation import LowRankAdapted

SMALL = ["--context", "16", "--num-layers", "1", "--num-heads", "2"]
SMALL += ["--hidden-size", "16", "--batch-size", "8", "--vocab-size", "300"]
SMALL += ["--base-epochs", "1", "--base-batches", "40", "--epochs", "2"]
SMALL += ["--batches", "15", "--learning-rate", "0.01"]


class Killed(BaseException):
    """Stands for SIGKILL in the middle of an epoch."""


def write(path, words, seed):
    draw = random.Random(seed)
    lines = (" ".join(draw.choices(words.split(), k=8)) for _ in range(300))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    old = write(folder / "weather.txt", "rain snow wind cloud storm sun the 雨", 0)
    new = write(folder / "kitchen.txt", "bread soup salt butter oven rice the 盐", 1)
    return ["--old", str(old), "--data", str(new)]


def train(log_dir, texts, *more):
    main([*texts, "--log-dir", str(log_dir), *SMALL, *more])
    return log_dir / "domain_adaptation" / "kitchen"


@pytest.fixture(scope="module")
def finished(texts, tmp_path_factory):
    return train(tmp_path_factory.mktemp("logs"), texts)


def metrics_of(folder, way):
    return json.loads((folder / way / "run.json").read_text())["final_metrics"]


def test_both_ways_learn_the_new_domain(finished):
    curves = read_scalars(finished / "full"), read_scalars(finished / "low_rank")

    for curve in curves:
        losses = curve["validation", "epoch/loss"]
        assert [step for step, _ in losses] == [0, 1, 2]  # 0 is before
        assert losses[-1][1] < losses[0][1] - 0.1
        assert len(curve["validation", "epoch/old_perplexity"]) == 3


def test_the_merged_model_is_the_base_with_its_adapter(finished):
    token_ids = np.arange(10, dtype=np.int32)[None]
    base = TextGenerator.load(finished / "base" / "model").model

    adapter = finished / "low_rank" / "adapter.safetensors"
    adapted = LowRankAdapted.load_adapter(base, adapter)

    merged = TextGenerator.load(finished / "low_rank" / "model").model
    np.testing.assert_allclose(merged(token_ids), adapted(token_ids), atol=1e-5)
    assert adapter.stat().st_size < (finished / "base/model/model.keras").stat().st_size


@pytest.mark.slow
def test_a_base_of_another_run_is_adapted_and_what_is_done_is_not_made_again(
    finished, texts, tmp_path, capsys
):
    base = ["--base", str(finished / "base" / "model")]

    folder = train(tmp_path, texts, *base)
    printed = capsys.readouterr().out
    train(tmp_path, texts, *base, "--resume")

    again = capsys.readouterr().out
    assert not (folder / "base").exists()
    assert "full: done already." in again and "low_rank: done already." in again
    table = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(table) == 5
    assert table == [line for line in again.splitlines() if line.startswith("|")]
    for way in ("full", "low_rank"):
        assert metrics_of(folder, way) == metrics_of(finished, way)


@pytest.mark.slow
@pytest.mark.parametrize("step", [25, 50, 80])  # of the base, of each way
def test_a_run_that_was_killed_ends_as_one_that_was_not(
    step, finished, texts, tmp_path, monkeypatch
):
    make_step, steps = TrainingLoop._make_step, []

    def dies(loop, *arguments):
        if len(steps) == step:
            raise Killed
        steps.append(1)
        return make_step(loop, *arguments)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(TrainingLoop, "_make_step", dies)
        train(tmp_path, texts, "--checkpoint-every", "7")

    folder = train(tmp_path, texts, "--checkpoint-every", "7", "--resume")

    for way in ("full", "low_rank"):
        assert metrics_of(folder, way) == metrics_of(finished, way)


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--matrices", "query,keys"], "expected matrices of query,"),
        (["--rank", "0"], "--rank: expected 1 or more"),
        (["--context", "9000"], "kitchen.txt: expected over 9000 tokens"),
        (["--base", "nowhere"], "nowhere: expected a model folder"),
        (["--data", "nowhere.txt"], "nowhere.txt"),
        (["--optimizer", "sgd"], "--optimizer: expected adamw"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, texts, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, texts, *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())
