"""What a run says of itself: at its start, after some steps, at its end."""

import json
import time
from types import SimpleNamespace

import keras
import pytest

from roots_tf.train.run_story import (
    CostProbe,
    about,
    computing_parameters,
    recorded,
    result,
)

COMMAND = ["python", "-m", "roots_tf.train.classifier", "--seed", "3"]


@pytest.fixture
def model():
    """1,000 x 8 numbers are looked up; 8 x 4 + 4 compute."""
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(1_000, 8)(ids)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(ids, keras.layers.Dense(4)(x), name="small")


class Texts:
    """Stands for the monitor: keeps texts."""

    def __init__(self):
        self.kept = []

    def text(self, writer, step, tag, text):
        self.kept.append((writer, step, tag, text))


def test_the_start_names_command_options_and_what_the_model_has(model):
    text = about(COMMAND, {"seed": 3}, "ab12", model)

    assert "`python -m roots_tf.train.classifier --seed 3`" in text
    assert "small, 8,036 parameters, of which 36 compute" in text
    assert "| seed | 3 |" in text and "ab12" in text
    assert computing_parameters(model) == 36


def test_the_cost_follows_from_the_pace_of_the_first_steps(model, monkeypatch, capsys):
    clock = iter([0.0, 5.0, 10.0, 15.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    texts = Texts()
    probe = CostProbe(texts, model, epochs=2, steps=1_000)

    for step in (1, 11, 21, 31):
        probe.on_step(SimpleNamespace(step=step, tokens_per_second=4e8))

    # 20 steps in 10 s: 2 a second; 1,979 are left; 4e8 x 10 / 20 = 2e8 tokens a step
    ((writer, step, tag, text),) = texts.kept
    assert (writer, step, tag) == ("train", 21, "cost")
    assert text.startswith("2.0 steps/s: 16 min to come for 2 epochs of 1,000 steps")
    assert "about 43.20 GFLOP a step" in text  # 6 x 36 x 2e8
    assert capsys.readouterr().out.startswith("Cost: 2.0 steps/s")


def test_the_end_tells_the_verdict_the_kept_record_and_the_diagnosis(tmp_path):
    metrics = {"accuracy": 0.7, "bag_of_words_accuracy": 0.8, "majority_accuracy": 0.1}
    metrics["validation_accuracy"] = 0.9  # its own, and of other texts

    text = result(metrics, ["no mask: ..."], "classifier", "docstrings", "accuracy")

    assert "| accuracy | 0.7000 |" in text
    assert "accuracy 0.7000: not ahead of bag of words, 0.8000." in text
    assert "* no mask: ..." in text
    assert "Kept record *docstrings-bilstm*: accuracy 0.7621" in text


def test_of_losses_the_smaller_is_ahead():
    metrics = {"loss": 2.0, "frequency_loss": 3.0, "uniform_loss": 5.0}

    text = result(metrics, [], "gpt", "none such", "loss")
    worse = result(metrics | {"loss": 4.0}, [], "gpt", "none such", "loss")

    assert "loss 2.0000: ahead of frequency, 3.0000." in text
    assert "loss 4.0000: not ahead of frequency, 3.0000." in worse


def test_a_run_without_baselines_or_findings_says_so():
    text = result({"loss": 1.0}, [], "gpt", "none such", "loss")

    assert "ahead of" not in text and "Kept record" not in text
    assert text.endswith("Nothing was found.")


def test_only_records_of_the_same_script_and_data_are_shown(tmp_path):
    for name, script, data in (
        ("right", "gpt", "text"),
        ("other_script", "gptx", "text"),
        ("other_data", "gpt", "texts"),
    ):
        record = {
            "command": f"python -m roots_tf.train.{script} --seed 1",
            "data": {"name": data},
            "final_metrics": {"loss": 2.0},
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(record))

    found = recorded("gpt", "text", "loss", tmp_path)

    assert [name for name, _, _ in found] == ["right"]
