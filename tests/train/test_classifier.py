"""The classifier script as its user meets it: in a process of its own."""

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401 (operations of the exported model)
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.predict import main as predict

SCRIPT = [sys.executable, "-m", "roots_tf.train.classifier"]
# Small enough for seconds; steps enough to be killed in, and between their batches.
SMALL = """--epochs 3 --batch-size 3 --embedding-dim 8 --hidden-size 8 --log-every 1
--checkpoint-every 3 --deterministic --dropout 0.5 --accumulate 2 --schedule cosine
--warmup 0.1 --learning-rate 0.003 --han characters""".split()


def write_csv(path, rows, header=("text", "label")):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    generator = random.Random(0)
    words = {
        "good": "nice kind warm 好 喜欢 bright",
        "bad": "cold rude dull 差 失望 grey",
    }
    rows = [
        (" ".join(generator.choices(words[label].split() + ["the", "a"], k=9)), label)
        for label in words
        for _ in range(150)
    ]
    return write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", rows)


def train(data, log_dir, *more):
    command = [*SCRIPT, "--data", data, "--log-dir", log_dir, *SMALL, *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(list(map(str, command)), text=True, **pipes)


def finish(process):
    output, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]
    return output


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("finished")
    output = finish(train(data, log_dir, "--profile", "2:4"))
    return log_dir / "classifier" / "reviews-bilstm", output


def test_the_output_tells_progress_scores_baselines_and_where_it_is(finished):
    folder, output = finished

    assert "epoch 3/3" in output
    assert re.search(r"Profile: .* traced, \d+% of it waiting for input", output)
    for row in ("this model", "bag of words baseline", "majority class"):
        assert re.search(rf"{row} +[01]\.\d{{4}}  +[01]\.\d{{4}}", output), row
    score = r"[01]\.\d{4}"
    interval = rf"accuracy of this model: {score} \(95 % interval {score} to {score}\)"
    assert re.search(interval, output)
    comparison = r"beats? (this model|the bag of words).* points \(95 % .*, p . \d"
    assert re.search(comparison, output)
    assert f"Model: {folder / 'model'}" in output
    assert f"tensorboard --logdir {folder.parent}" in output


def test_the_run_record_holds_what_is_needed_to_repeat_the_run(finished):
    folder, output = finished

    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))

    assert record["status"] == "finished"
    assert record["seed"] == 7
    assert record["options"]["hidden_size"] == 8
    assert re.fullmatch("[0-9a-f]{64}", record["data"]["hash"])
    assert len(record["curve"]) == 3
    printed = float(re.search(r"this model +(\S+)", output).group(1))
    metrics = record["final_metrics"]
    assert metrics["accuracy"] == pytest.approx(printed, abs=5e-5)
    assert 0 <= metrics["calibration_error"] <= 1
    assert {"bag_of_words_accuracy", "majority_macro_f1"} <= set(metrics)


def test_every_tab_of_tensorboard_has_something_of_the_run(finished):
    folder, _ = finished

    tags = {
        part: set(EventAccumulator(str(folder / part)).Reload().Tags()["tensors"])
        for part in ("", "train", "validation", "test")
    }

    assert {"epoch/loss", "epoch/accuracy"} <= tags["train"] & tags["validation"]
    assert EventAccumulator(str(folder / "train")).Reload().Tags()["graph"]
    assert {
        "step/loss",
        "step/learning_rate",
        "step/gradient_norm",
        "step/examples_per_second",
        "step/tokens_per_second",
        "update_ratio/embedding/embeddings",
        "embedding/embeddings",
        "gradient/embedding/embeddings",
        "about",
    } <= tags["train"]
    for part in ("validation", "test"):
        curves = {f"pr_curve/{name}/pr_curves" for name in ("good", "bad")}
        assert curves | {"confusion_matrix", "reliability", "samples"} <= tags[part]
    assert "_hparams_/session_start_info" in tags[""]
    assert list(folder.glob("train/plugins/profile/*/*.xplane.pb"))
    assert (folder / "projector" / "metadata.tsv").exists()


def test_the_learning_rate_in_tensorboard_rises_and_falls_as_asked(finished):
    folder, _ = finished

    rates = [rate for _, rate in read_scalars(folder)["train", "step/learning_rate"]]

    s, w = np.arange(len(rates)), round(0.1 * len(rates))
    cosine = (1 + np.cos(np.pi * (s - w) / (len(s) - w))) / 2
    expected = 0.003 * np.where(s < w, (s + 1) / w, cosine)
    np.testing.assert_allclose(rates, expected, rtol=1e-4, atol=1e-9)  # float32


def test_the_saved_model_labels_text_by_predict_and_in_tensorflow(finished, capsys):
    folder, _ = finished

    predict([str(folder / "model"), "--json", "nice warm 喜欢"])

    row = json.loads(capsys.readouterr().out)
    assert row["label"] == "good"
    assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    exported = tf.saved_model.load(str(folder / "saved_model"))
    serve = exported.signatures["serving_default"]
    answer = serve(texts=tf.constant(["nice warm 喜欢"]))
    assert [name.encode() for name in row["probabilities"]] == [*answer["label_names"]]
    expected = [*row["probabilities"].values()]
    np.testing.assert_allclose(answer["probabilities"][0], expected, atol=1e-4)


@pytest.mark.slow
def test_two_runs_with_one_seed_are_equal_and_watching_one_changes_nothing(
    finished, data, tmp_path
):
    folder, _ = finished

    finish(train(data, tmp_path, "--no-monitoring"))

    again = tmp_path / "classifier" / "reviews-bilstm"
    for name, values in weights(folder).items():
        np.testing.assert_array_equal(weights(again)[name], values)
    assert list(folder.rglob("events*")) and not list(again.rglob("events*"))


@pytest.mark.slow
def test_a_run_killed_three_times_ends_as_one_never_killed(finished, data, tmp_path):
    folder, _ = finished
    generator, killed = random.Random(), 0
    while killed < 3:
        process = train(data, tmp_path, *(["--resume"] if killed else []))
        folder_2 = tmp_path / "classifier" / "reviews-bilstm"
        before = newest(folder_2)
        while process.poll() is None and newest(folder_2) == before:
            time.sleep(0.02)
        time.sleep(generator.uniform(0, 0.3))
        assert process.poll() is None, "ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += 1

    finish(train(data, tmp_path, "--resume"))

    for name, values in weights(folder).items():
        np.testing.assert_array_equal(weights(folder_2)[name], values)
    assert curves(folder_2) == curves(folder)


def newest(folder):
    return max((p.name for p in folder.glob("checkpoints/ckpt-*.index")), default="")


def weights(folder):
    import keras

    import roots_tf.recurrent.bilstm_classifier  # noqa: F401

    model = keras.saving.load_model(folder / "model" / "model.keras")
    return {
        f"{number} {weight.path}": np.asarray(weight)
        for number, weight in enumerate(model.weights)
    }


def curves(folder):
    """Every logged point, but for those that measure time or the machine."""
    timed = ("per_second", "seconds", "system/", "gpu")
    return {
        key: points
        for key, points in read_scalars(folder).items()
        if not any(word in key[1] for word in timed)
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "{missing_column}"], r"columns? .*label"),
        (["--data", "{unknown_label}"], r"label .*'ugly'"),
        (["--data", "{empty}"], r"empty\.csv"),
        (["--data", "{latin1}"], r"latin1\.csv.*UTF-8"),
        (["--data", "imbd"], r"imdb"),
        (["--data", "{good}", "--embeddings", "{vectors}"], r"word vectors of shape"),
        (["--data", "{good}", "--vocab-size", "2"], r"vocabulary size over 2"),
        (["--data", "{good}", "--log-dir", "{empty}"], r"--log-dir: cannot write"),
        (["--data", "{good}", "--dropout", "1"], r"dropout from 0 to below 1"),
        (["--learning-rate", "0"], r"--learning-rate: expected over 0"),
        (["--learning-rat", "1"], r"did you mean --learning-rate\?"),
        (["--pooling", "min"], r"--pooling: invalid choice: 'min'"),
        (["--epochs", "two"], r"--epochs: invalid int value: 'two'"),
    ],
)
def test_bad_input_ends_with_one_clear_line_and_nothing_written(
    tmp_path, data, arguments, message, capfd
):
    from roots_tf.train.classifier import main

    files = {name: tmp_path / f"{name}.csv" for name in ("empty", "latin1", "vectors")}
    files["good"] = data
    files["missing_column"] = write_csv(
        tmp_path / "missing.csv", [("a", "b")], ("text", "lable")
    )
    files["unknown_label"] = folder = tmp_path / "labels"
    folder.mkdir()
    rows = [(f"{word} day {n}", word) for n in range(20) for word in ("good", "bad")]
    write_csv(folder / "train.csv", rows)
    write_csv(folder / "test.csv", [("some day", "ugly")])
    files["empty"].touch()
    files["latin1"].write_bytes(b"text,label\ncaf\xe9,good\n")
    files["vectors"].write_text("1 3\ngood 0.1 0.2 0.3\n", encoding="utf-8")
    logs = tmp_path / "logs"
    arguments = [argument.format(**files) for argument in arguments]
    if "--log-dir" not in arguments:
        arguments += ["--log-dir", str(logs)]

    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 2
    (line,) = [x for x in capfd.readouterr().err.splitlines() if "error:" in x]
    assert re.search(message, line), line
    assert not logs.exists()


def test_the_poolings_to_choose_from_are_those_of_the_model():
    from roots_tf.recurrent import sequence_pooling  # --help need not import Keras
    from roots_tf.train import classifier

    assert classifier.POOLINGS == sequence_pooling.POOLINGS


def test_help_and_mistakes_are_answered_without_tensorflow():
    code = (
        "import sys; from roots_tf.train.classifier import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: sys.exit('tensorflow' in sys.modules)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True)

    assert result.returncode == 0
    assert b"--embedding-dim" in result.stdout


def test_an_unwritable_log_folder_is_refused(tmp_path, data):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere; a file in the way is tried above")
    tmp_path.chmod(0o500)

    process = train(data, tmp_path / "logs")

    assert "--log-dir: cannot write" in process.communicate()[1]
    assert process.returncode == 2
