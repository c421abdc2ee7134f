"""The loop: epochs, records, accumulation, schedules, exact resume."""

import functools
import itertools
import json
from dataclasses import asdict

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.best_weights import BestWeights
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import accuracy, cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop


class Recorder:
    """Keeps the records; its own state must survive a restart too."""

    def __init__(self, fail_at=None):
        self.steps, self.epochs, self.fail_at = [], [], fail_at

    def on_step(self, record):
        if record.step == self.fail_at:
            raise KeyboardInterrupt
        kept = asdict(record)
        for name in ("examples_per_second", "tokens_per_second", "gradients"):
            del kept[name]
        self.steps.append(kept)

    def on_epoch_end(self, record):
        kept = asdict(record)
        del kept["seconds"]
        self.epochs.append(kept)

    def state(self):
        return {"steps": self.steps, "epochs": self.epochs}

    def restore(self, state):
        self.steps, self.epochs = state["steps"], state["epochs"]


def text_model(dropout=0.5):
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(20, 6, name="embedding"),
            keras.layers.Flatten(),
            keras.layers.Dropout(dropout, seed=1),
            keras.layers.Dense(2, name="dense"),
        ],
        name="model",
    )


def batches(epoch):
    rng = np.random.default_rng(epoch)
    ids = rng.integers(1, 20, size=(28, 4)).astype("int32")
    labels = (ids.sum(axis=1) > 40).astype("int32")
    return tf.data.Dataset.from_tensor_slices((ids, labels)).batch(5)  # 6 batches


def make_loop(folder, hooks, validate=None, optimizer=None, **options):
    return TrainingLoop(
        text_model(),
        optimizer or keras.optimizers.Adam(0.01),
        cross_entropy,
        batches,
        measures={"accuracy": accuracy},
        validate=validate,
        hooks=hooks,
        checkpoint_dir=folder,
        **{"log_every": 1, **options},
    )


def test_every_batch_is_one_step_and_every_epoch_one_record(tmp_path):
    recorder = Recorder()
    loop = make_loop(None, [recorder], validate=lambda epoch, step: {"f1": step / 100})

    loop.run(2)

    assert [record["step"] for record in recorder.steps] == list(range(1, 13))
    assert [record["epoch"] for record in recorder.steps] == [1] * 6 + [2] * 6
    assert [record["validation"] for record in recorder.epochs] == [
        {"f1": 0.06},
        {"f1": 0.12},
    ]
    first = recorder.steps[0]
    assert first["learning_rate"] == pytest.approx(0.01)
    assert set(first["update_ratios"]) == {
        variable.path for variable in loop.model.trainable_variables
    }


def test_an_epochs_mean_weighs_every_example_alike_the_short_batch_too(tmp_path):
    recorder = Recorder()

    make_loop(None, [recorder]).run(1)

    sizes = np.array([5, 5, 5, 5, 5, 3])
    losses = np.array([record["loss"] for record in recorder.steps])
    expected = (sizes * losses).sum() / sizes.sum()
    assert recorder.epochs[0]["train"]["loss"] == pytest.approx(expected, rel=1e-6)


def test_the_first_step_is_logged_and_then_every_so_many():
    recorder = Recorder()

    make_loop(None, [recorder], log_every=4).run(2)

    assert [record["step"] for record in recorder.steps] == [1, 4, 8, 12]


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory):
    """Gives a loop that ran through, and what it recorded; one for all places."""

    @functools.cache
    def run(epochs, **options):
        whole = Recorder()
        loop = make_loop(tmp_path_factory.mktemp("whole"), [whole], **options)
        loop.run(epochs)
        return loop, whole

    return run


@pytest.mark.parametrize("stop_at", [1, 5, 6, 7, 11])
def test_a_stopped_run_goes_on_to_the_same_weights_and_records(
    never_stopped, tmp_path, stop_at
):
    reference, whole = never_stopped(2, checkpoint_every=2)
    with pytest.raises(KeyboardInterrupt):
        make_loop(tmp_path / "cut", [Recorder(stop_at)], checkpoint_every=2).run(2)
    resumed = Recorder()
    loop = make_loop(tmp_path / "cut", [resumed], checkpoint_every=2)

    loop.run(2)

    for weight, expected in zip(
        loop.model.get_weights(), reference.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weight, expected)
    as_json = json.loads(json.dumps([whole.steps, whole.epochs]))
    assert json.loads(json.dumps([resumed.steps, resumed.epochs])) == as_json


@pytest.mark.parametrize("stop_at", [1, 4, 5, 6])
def test_a_run_stopped_between_the_batches_of_a_step_goes_on_to_the_same_weights(
    never_stopped, tmp_path, stop_at
):
    resumed, schedule = Recorder(), {"accumulate": 4}
    reference, whole = never_stopped(3, **schedule)
    cut = make_loop(tmp_path / "cut", [Recorder()], checkpoint_every=1, **schedule)
    adds = itertools.count(1)

    def stopping(batch, add=cut._step.add):
        add(batch)
        if next(adds) == stop_at:  # of 3 + 1 in an epoch, of 4 + 2 batches
            raise KeyboardInterrupt

    cut._step.add = stopping
    with pytest.raises(KeyboardInterrupt):
        cut.run(3)
    loop = make_loop(tmp_path / "cut", [resumed], checkpoint_every=1, **schedule)

    loop.run(3)

    for weight, expected in zip(
        loop.model.get_weights(), reference.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weight, expected)
    assert [record["step"] for record in whole.steps] == [1, 2, 3, 4, 5, 6]
    as_json = json.loads(json.dumps([whole.steps, whole.epochs]))
    assert json.loads(json.dumps([resumed.steps, resumed.epochs])) == as_json


def test_steps_of_four_batches_are_those_of_batches_four_times_as_large():
    def train(batch_size, accumulate):
        def sized(epoch):
            return batches(epoch).unbatch().batch(batch_size)  # 28 texts: 20 and 8

        recorder, model = Recorder(), text_model(dropout=0)
        loop = TrainingLoop(
            model,
            keras.optimizers.SGD(0.5, momentum=0.9),
            cross_entropy,
            sized,
            hooks=[recorder],
            log_every=1,
            clip_norm=0.5,
            accumulate=accumulate,
        )
        loop.run(5)
        return recorder, model.get_weights()

    small, weights = train(batch_size=5, accumulate=4)
    large, expected = train(batch_size=20, accumulate=1)

    assert len(small.steps) == len(large.steps) == 10
    for ours, other in zip(small.steps, large.steps, strict=True):
        # The same sums in another order, over ten steps of float32.
        assert ours["loss"] == pytest.approx(other["loss"], rel=1e-5)
        assert ours["gradient_norm"] == pytest.approx(other["gradient_norm"], rel=1e-5)
    for ours, other in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-5, atol=1e-6)


def test_a_schedule_is_recorded_as_applied_and_goes_on_after_a_stop(tmp_path):
    def loop_with(folder, recorder):
        loop = make_loop(
            folder,
            [recorder],
            checkpoint_every=2,
            optimizer=keras.optimizers.Adam(WarmupSchedule(0.4, "linear", 2, 6)),
        )
        return loop

    whole, resumed = Recorder(), Recorder()
    loop_with(tmp_path / "whole", whole).run(1)
    with pytest.raises(KeyboardInterrupt):
        loop_with(tmp_path / "cut", Recorder(fail_at=4)).run(1)

    loop_with(tmp_path / "cut", resumed).run(1)

    rates = [record["learning_rate"] for record in whole.steps]
    np.testing.assert_allclose(rates, [0.2, 0.4, 0.4, 0.3, 0.2, 0.1], rtol=1e-6)
    assert resumed.steps == whole.steps


def test_a_finished_run_can_be_given_more_epochs(tmp_path):
    make_loop(tmp_path / "a", [Recorder()]).run(1)
    longer, straight = Recorder(), Recorder()

    make_loop(tmp_path / "a", [longer]).run(3)
    make_loop(tmp_path / "b", [straight]).run(3)

    assert longer.epochs == straight.epochs


def test_a_loss_that_is_not_finite_ends_the_run_with_advice_once_hooks_saw_it(tmp_path):
    recorder = Recorder()
    loop = make_loop(None, [recorder])
    loop.model.set_weights([w * np.nan for w in loop.model.get_weights()])

    with pytest.raises(FloatingPointError, match="the loss became nan at step 1"):
        loop.run(1)
    assert np.isnan(recorder.steps[0]["loss"])


def test_the_best_epochs_weights_are_kept_over_a_restart(tmp_path):
    path = tmp_path / "best.weights.h5"
    seen = []

    def validate(epoch, step):
        seen.append([w.copy() for w in model.get_weights()])
        return {"f1": {1: 0.3, 2: 0.9, 3: 0.9, 4: 0.1}[epoch]}

    for epochs in (2, 4):
        model = text_model()
        best = BestWeights(model, path, "f1")
        TrainingLoop(
            model,
            keras.optimizers.Adam(0.01),
            cross_entropy,
            batches,
            validate=validate,
            hooks=[best],
            checkpoint_dir=tmp_path / "checkpoints",
        ).run(epochs)

    best.load()

    assert (best.epoch, best.best) == (2, 0.9)
    for weight, expected in zip(model.get_weights(), seen[1], strict=True):
        np.testing.assert_array_equal(weight, expected)
