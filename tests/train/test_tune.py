"""The tuning script: its trials in TensorBoard, failures, Hyperband, bad input."""

import re
import subprocess
import sys

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.train import tune, tune_bilstm, tune_model_trials
from roots_tf.train.bert_finetune import BertFinetuneOptions
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.flags import parse
from roots_tf.train.tune import MODELS, SEARCHES, main
from roots_tf.train.word2vec import Word2VecOptions

# The script that trains each model in the end.
SCRIPTS = {
    "bilstm": ("classifier", ClassifierOptions),
    "word2vec": ("word2vec", Word2VecOptions),
    "bert": ("bert_finetune", BertFinetuneOptions),
}
each_model = pytest.mark.parametrize("model", MODELS)


def arguments(data, log_dir, *more):
    small = ["--epochs", "1", "--max-length", "10", "--vocab-size", "100"]
    return ["--data", str(data), "--log-dir", str(log_dir), *small, *more]


# Compiling a Transformer three times takes long.
SLOW = pytest.param("bert", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=["bilstm", "word2vec", SLOW])
def finished(request, tiny_reviews, tmp_path_factory):
    log_dir, model = tmp_path_factory.mktemp("logs"), request.param
    more = ["--search", "bayes", "--trials", "3", "--epochs", "2"]
    main(arguments(tiny_reviews, log_dir, "--model", model, *more))
    return model, log_dir / "tune" / f"tiny-{model}-bayes"


def test_every_trial_is_a_row_of_the_hparams_tab_and_of_the_table(finished, trials_of):
    model, folder = finished

    trials = trials_of(folder)

    assert len(trials) == 3
    for row, hparams, status in trials:
        assert status == "STATUS_SUCCESS"
        assert hparams.pop("epochs") == 2
        assert {name: str(value) for name, value in hparams.items()} == {
            name: row[name] if name == "pooling" else str(float(row[name]))
            for name in tune._trials()[model].space.dimensions
        }
        curves = read_scalars(folder / "trials" / row["trial"])
        (_, value), *_ = curves[".", "final/accuracy"]
        assert value == pytest.approx(float(row["accuracy"]), abs=1e-6)
        epochs = [v for _, v in curves["validation", "epoch/accuracy"]]
        assert len(epochs) == 2
        assert value == (epochs[-1] if model == "word2vec" else max(epochs))
        assert len(curves["train", "epoch/loss"]) == 2
        assert curves["train", "step/learning_rate"]


def test_every_trial_tells_what_it_is_and_groups_its_curves(finished, trials_of):
    model, folder = finished
    row, *_ = next(iter(trials_of(folder)))
    trial = folder / "trials" / row["trial"]

    (text,) = EventAccumulator(str(trial / "train")).Reload().Tensors("about")
    tags = EventAccumulator(str(trial)).Reload().Tags()["tensors"]

    about = text.tensor_proto.string_val[0].decode()
    assert f"`python -m roots_tf.train.{SCRIPTS[model][0]} " in about
    assert "What to look at first" in about
    assert "custom_scalars__config__" in tags


def test_the_output_names_the_best_and_how_to_train_it(
    finished, tiny_reviews, trials_of, capsys
):
    model, folder = finished
    script, options = SCRIPTS[model]
    more = ["--model", model, "--trials", "3", "--epochs", "2", "--resume"]

    main(arguments(tiny_reviews, folder.parents[1], *more))

    output = capsys.readouterr().out
    rows = [row for row, *_ in trials_of(folder)]
    best = max(rows, key=lambda row: float(row["accuracy"]))
    assert "3 trials, 0 failed" in output
    assert "\ntrial " not in output  # a finished search trains nothing again
    command = re.search(rf"Train it: .*roots_tf\.train\.{script} (.+)", output)[1]
    parsed = parse(options, "x", "y", command.split())
    for name in tune._trials()[model].space.dimensions:
        assert str(getattr(parsed, name)) == best[name]
    assert parsed.epochs == 2


@each_model
def test_a_failed_trial_is_marked_and_the_search_goes_on(
    model, tiny_reviews, tmp_path, trials_of, monkeypatch
):
    ends = [MemoryError("no room"), float("nan")]
    ends += [tf.errors.ResourceExhaustedError(None, None, "OOM"), 0.75]

    def fit(*_):
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setattr(tune._trials()[model], "fit", fit)
    more = ["--model", model, "--search", "random", "--trials", "4"]

    main(arguments(tiny_reviews, tmp_path, *more))

    trials = trials_of(tmp_path / "tune" / f"tiny-{model}-random")
    expected = ["MemoryError: no room", "FloatingPointError: the accuracy is nan"]
    expected += ["ResourceExhaustedError: OOM", ""]
    assert [row["error"] for row, *_ in trials] == expected
    assert [row["accuracy"] for row, *_ in trials] == ["", "", "", "0.75"]
    statuses = ["STATUS_FAILURE"] * 3 + ["STATUS_SUCCESS"]
    assert [status for *_, status in trials] == statuses


def test_weights_that_are_no_numbers_fail_a_trial(
    tiny_reviews, tmp_path, trials_of, monkeypatch
):
    def scores(labels, probabilities):
        return {"loss": float("nan"), "accuracy": 0.5}

    monkeypatch.setattr(tune_model_trials, "scores", scores)

    with pytest.raises(SystemExit):
        main(arguments(tiny_reviews, tmp_path, "--search", "random", "--trials", "1"))

    (row, *_), *_ = trials_of(tmp_path / "tune" / "tiny-bilstm-random")
    assert row["error"] == "FloatingPointError: the loss is nan"


def test_if_all_trials_fail_the_script_does(
    tiny_reviews, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(tune_bilstm, "build_model", lambda *options: 1 / 0)

    with pytest.raises(SystemExit) as stop:
        main(arguments(tiny_reviews, tmp_path, "--search", "random", "--trials", "2"))

    assert stop.value.code == 1
    error = capsys.readouterr().err.strip()
    assert error == (
        "error: all 2 trials failed, the first by: ZeroDivisionError: division by zero"
    )


@each_model
@pytest.mark.slow
def test_hyperband_goes_on_with_the_weights_of_the_trial_before(
    model, tiny_reviews, tmp_path, trials_of
):
    more = ["--model", model, "--search", "hyperband", "--trials", "4", "--epochs", "3"]

    main(arguments(tiny_reviews, tmp_path, *more))

    folder = tmp_path / "tune" / f"tiny-{model}-hyperband"
    rows = [row for row, *_ in trials_of(folder)]
    assert [row["epochs"] for row in rows] == ["1", "1", "1", "3"]
    names = tune._trials()[model].space.dimensions
    points = [[row[name] for name in names] for row in rows]
    assert points[3] in points[:3]
    curves = read_scalars(folder / "trials" / "3")
    epochs = [epoch for epoch, _ in curves["train", "epoch/loss"]]
    assert epochs == [2, 3]  # the first was that of the trial before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--search", "greedy"], r"--search: invalid choice: 'greedy'"),
        (["--model", "gpt"], r"--model: invalid choice: 'gpt'"),
        (["--trials", "0"], r"--trials: expected 1 or more, got 0"),
        (["--seed", "0"], r"--seed: expected 1 or more, got 0"),
        (["--search", "grid", "--trials", "2"], r"expected 3 trials or more"),
        (["--data", "imbd"], r"imdb"),
        (["--resume", "--name", "other"], r"--resume: expected a run in"),
        (["--vocab-size", "1"], r"vocabulary size over 2"),
        (["--model", "word2vec", "--vocab-size", "1"], r"max_vocab of 2 or more"),
        (["--model", "bert", "--pretrained", "no such"], r"no such"),
        (["--pretrained", "some"], r"--pretrained: expected --model bert"),
    ],
)
def test_bad_input_ends_with_one_clear_line_and_nothing_written(
    tiny_reviews, tmp_path, more, message, capsys
):
    with pytest.raises(SystemExit) as stop:
        main(arguments(tiny_reviews, tmp_path / "logs", *more))

    assert stop.value.code == 2
    error = capsys.readouterr().err.strip()
    assert re.search(message, error) and "\n" not in error
    assert not (tmp_path / "logs").exists()


def test_a_role_without_a_name_is_refused(tiny_reviews, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker-1")

    with pytest.raises(SystemExit):
        main(arguments(tiny_reviews, tmp_path))

    assert "--name: expected the search's name" in capsys.readouterr().err


def test_what_there_is_to_choose_from_is_what_there_is():
    # Named twice, so that --help need not import Keras Tuner.
    from roots_tf.tuning import keras_tuner_search

    assert SEARCHES == keras_tuner_search.SEARCHES
    assert MODELS == tuple(tune._trials())


def test_help_is_answered_without_tensorflow():
    code = (
        "import sys; from roots_tf.train.tune import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: sys.exit('tensorflow' in sys.modules)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True)

    assert result.returncode == 0
    assert b"--workers" in result.stdout
