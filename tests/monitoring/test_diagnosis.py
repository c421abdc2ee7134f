"""The hook in a real loop: what it tells, when, where; and over a restart."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring import diagnosis_findings as troubles
from roots_tf.monitoring.diagnosis import Diagnosis, step_evidence
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop


@pytest.fixture(autouse=True, scope="module")
def eagerly():
    """Compiling takes longer than these few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def examples(count=160):
    """Eight numbers each; the class is whether the first two add up to over 0."""
    x = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.int32)


def make_batches(arrays, order=None):
    def batches(epoch):
        rows = np.random.default_rng(epoch).permutation(len(arrays[0]))
        rows = rows if order is None else order
        taken = tuple(array[rows] for array in arrays)
        return tf.data.Dataset.from_tensor_slices(taken).batch(16)

    return batches


def network(activation=None, bias="zeros"):
    keras.utils.set_random_seed(2)
    hidden = layers.Dense(6, "relu", bias_initializer=bias, name="hidden")
    last = layers.Dense(2, activation, name="last")
    return keras.Sequential([keras.Input((8,)), hidden, last], name="network")


def train(
    model, batches, optimizer=None, epochs=2, monitor=None, validate=None, **options
):
    diagnosis = Diagnosis(model, cross_entropy, batches, monitor)
    loop = TrainingLoop(
        model,
        optimizer or keras.optimizers.Adam(0.01),
        cross_entropy,
        batches,
        validate=validate,
        hooks=[diagnosis],
        log_every=2,
        **options,
    )
    loop.run(epochs)
    return diagnosis


def named(diagnosis):
    return [finding.trouble for finding in diagnosis.findings]


def test_a_healthy_run_is_silent(capsys):
    diagnosis = train(network(), make_batches(examples()))

    assert diagnosis.findings == []
    assert capsys.readouterr().out == ""


def test_a_trouble_is_printed_and_written_to_tensorboard_once(tmp_path, capsys):
    _, labels = arrays = examples()
    with RunMonitor(tmp_path) as monitor:
        batches = make_batches(arrays, np.argsort(labels))

        diagnosis = train(network(), batches, epochs=3, monitor=monitor)

    (finding,) = diagnosis.findings
    assert finding.trouble == troubles.UNSHUFFLED
    assert capsys.readouterr().out == finding.line + "\n"
    (event,) = EventAccumulator(str(tmp_path / "train")).Reload().Tensors("diagnosis")
    assert event.step == 1
    assert tf.make_ndarray(event.tensor_proto).item().decode() == finding.line


def test_on_a_terminal_the_line_begins_where_the_progress_bar_stood(
    capsys, monkeypatch
):
    _, labels = arrays = examples()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    train(network(), make_batches(arrays, np.argsort(labels)), epochs=1)

    assert capsys.readouterr().out.startswith("\r\033[Kunshuffled data: ")


def leaked():
    x, labels = examples()
    x[:, 5] = labels
    return train(network(), make_batches((x, labels)))


def rate_too_high():
    return train(network(), make_batches(examples()), keras.optimizers.Adam(5.0))


def rate_too_low():
    return train(network(), make_batches(examples()), keras.optimizers.Adam(1e-7))


def dead():
    return train(
        network(bias=keras.initializers.Constant(-9)), make_batches(examples())
    )


def softmax_twice():
    return train(network("softmax"), make_batches(examples()))


def overfitted():
    losses = iter([0.6, 0.5, 0.7, 0.9])

    def validate(epoch, step):
        return {"loss": next(losses)}

    return train(network(), make_batches(examples()), epochs=4, validate=validate)


def imbalanced():
    x, labels = examples()
    rows = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels)[:9]])
    batches = make_batches((x[rows], labels[rows]))
    return train(network(), batches, keras.optimizers.Adam(0.003))


def divided_by_zero():
    """A root whose derivative at 0 is infinite, for an example of zeros."""
    x, labels = examples()
    x[labels == 1] = 0
    inputs = keras.Input((8,))
    scaled = layers.Dense(3, use_bias=False)(inputs)
    length = keras.ops.sqrt(keras.ops.sum(scaled * scaled, axis=1, keepdims=True))
    model = keras.Model(inputs, layers.Dense(2)(length))
    with pytest.raises(FloatingPointError, match="nan at step 2"):
        train(model, make_batches((x, labels)))
    diagnosis = Diagnosis(model)
    diagnosis.on_step(nan_record())
    return diagnosis


def nan_record():
    from types import SimpleNamespace

    return SimpleNamespace(
        step=2,
        loss=float("nan"),
        learning_rate=0.1,
        gradient_norm=float("nan"),
        gradients={"kernel": np.full((2, 2), np.nan)},
        update_ratios={"kernel": float("nan")},
    )


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        (leaked, troubles.LABELS_LEAKED),
        (rate_too_high, troubles.RATE_TOO_HIGH),
        (rate_too_low, troubles.RATE_TOO_LOW),
        (dead, troubles.DEAD_UNITS),
        (softmax_twice, troubles.MISMATCHED),
        (overfitted, troubles.OVERFITTING),
        (imbalanced, troubles.IMBALANCE),
        (divided_by_zero, troubles.NOT_FINITE),
    ],
)
def test_each_trouble_is_named_and_no_other(make, trouble):
    assert named(make()) == [trouble]


def test_the_loop_shows_the_step_that_ends_it():
    model = network()
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    batches = make_batches(examples())
    diagnosis = Diagnosis(model, cross_entropy, batches)
    loop = TrainingLoop(
        model, keras.optimizers.SGD(0.1), cross_entropy, batches, hooks=[diagnosis]
    )

    with pytest.raises(FloatingPointError):
        loop.run(1)

    assert named(diagnosis) == [troubles.NOT_FINITE]


def test_a_watched_run_makes_the_same_steps_as_one_that_is_not():
    def weights(watched):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [keras.Input((8,)), layers.Dropout(0.5, seed=1), layers.Dense(2)]
        )
        batches = make_batches(examples())
        hooks = [Diagnosis(model, cross_entropy, batches)] if watched else []
        TrainingLoop(
            model,
            keras.optimizers.Adam(0.01),
            cross_entropy,
            batches,
            hooks=hooks,
            log_every=2,
        ).run(2)
        return model.get_weights()

    for watched, plain in zip(weights(True), weights(False), strict=True):
        np.testing.assert_array_equal(watched, plain)


class Stop(Exception):
    pass


def test_a_resumed_run_tells_nothing_twice_and_forgets_nothing(tmp_path, capsys):
    _, labels = arrays = examples()
    losses = {1: 0.6, 2: 0.5, 3: 0.7, 4: 0.9}

    def run(folder, model, stop_at=None):
        def validate(epoch, step):
            if epoch == stop_at:
                raise Stop
            return {"loss": losses[epoch]}

        shuffled = make_batches(arrays)
        return train(
            model, shuffled, epochs=4, validate=validate, checkpoint_dir=folder
        )

    whole = run(tmp_path / "whole", network())
    with pytest.raises(Stop):
        run(tmp_path / "cut", network(), stop_at=4)
    resumed = run(tmp_path / "cut", network())

    assert resumed.findings == whole.findings
    assert named(resumed) == [troubles.OVERFITTING]
    again = run(tmp_path / "cut", network())
    assert again.findings == whole.findings
    assert capsys.readouterr().out.count("overfitting:") == 2


def test_the_state_is_json_and_restores_every_part():
    diagnosis = dead()
    other = Diagnosis(network())

    other.restore(json.loads(json.dumps(diagnosis.state())))

    assert other.state() == diagnosis.state()
    assert other.findings == diagnosis.findings


def test_of_a_long_run_the_first_step_and_the_last_few_are_kept():
    diagnosis = Diagnosis(network())
    record = nan_record()
    for number in range(1, 101):
        record.step, record.loss, record.gradient_norm = number, 1.0, 1.0
        diagnosis.on_step(record)

    kept = [step["step"] for step in diagnosis.state()["steps"]]

    assert kept == [1, *range(81, 101)]


def test_biases_do_not_count_for_the_update_ratio():
    record = nan_record()
    record.gradients = {
        "a/kernel": np.array([[3.0, 4.0]]),
        "b/kernel": np.zeros((1, 2)),
        "a/bias": np.ones(2),
    }
    record.update_ratios = {"a/kernel": 0.01, "b/kernel": 0.03, "a/bias": 1.0}

    evidence = step_evidence(record)

    assert evidence.update_ratio == pytest.approx(0.02)  # the median of two
    assert evidence.gradient_norms == {"a/kernel": 5.0, "b/kernel": 0.0}
