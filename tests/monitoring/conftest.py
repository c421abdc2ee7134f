"""One small run with everything in it, shared by the tests that read it back."""

from types import SimpleNamespace

import numpy as np
import pytest

RUN = "运行 1"


@pytest.fixture(scope="session")
def samples():
    """Three classes, six texts: labels and what a model made of them."""
    probabilities = [
        [0.8, 0.1, 0.1],
        [0.4, 0.5, 0.1],
        [0.2, 0.6, 0.2],
        [0.0, 0.0, 1.0],
        [0.9, 0.1, 0.0],
        [0.25, 0.25, 0.5],
    ]
    return SimpleNamespace(
        label_names=("negative", "neutral", "positive"),
        labels=np.array([0, 0, 1, 2, 2, 2], np.int32),
        probabilities=np.array(probabilities, np.float32),
        texts=("很差", "a | b", "so so", "great", "<b>not bad</b>", "fine"),
    )


@pytest.fixture(scope="session")
def table():
    """Four word vectors with words that need escaping."""
    return SimpleNamespace(
        vectors=np.arange(12, dtype=np.float32).reshape(4, 3) / 7,
        words=("的", "tab\there", "", "word"),
        frequencies=[9, 8, 7, 6],
    )


@pytest.fixture(scope="session")
def gradient():
    """The gradient of the classifier's last variable, as far as the monitor knows."""
    return np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)


@pytest.fixture(scope="session")
def step_record(classifier, gradient):
    """Makes what the training loop hands to `on_step`."""
    path = classifier.trainable_variables[-1].path

    def make(step, epoch=1, **changes):
        values = {
            "step": step,
            "epoch": epoch,
            "loss": 1.0 / step,
            "learning_rate": 0.001,
            "gradient_norm": 2.5,
            "examples_per_second": 100.0,
            "tokens_per_second": 4000.0,
            "gradients": {path: gradient},
            "update_ratios": {path: 0.003},
            "metrics": {"accuracy": 0.5},
        }
        return SimpleNamespace(**(values | changes))

    return make


@pytest.fixture(scope="session")
def epoch_record():
    """Makes what the training loop hands to `on_epoch_end`."""

    def make(epoch, **changes):
        values = {
            "epoch": epoch,
            "step": 10 * epoch,
            "train": {"loss": 1.0 / epoch, "accuracy": 0.6},
            "validation": {"loss": 2.0 / epoch, "accuracy": 0.5},
            "seconds": 1.5,
        }
        return SimpleNamespace(**(values | changes))

    return make


@pytest.fixture(scope="session")
def classifier():
    """A masked LSTM, which TensorBoard's own converter of Keras graphs cannot read."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Embedding(5, 3, mask_zero=True, name="words"),
            keras.layers.LSTM(2, name="reader"),
            keras.layers.Dense(3, name="logits"),
        ]
    )
    model(np.ones((1, 4), np.int32))
    return model


@pytest.fixture(scope="session")
def log_dir(tmp_path_factory, classifier, samples, table, step_record, epoch_record):
    """The log folder of a run that used every part of roots_tf.monitoring."""
    import tensorflow as tf

    from roots_tf.monitoring.classification_report import ClassificationReport
    from roots_tf.monitoring.graph import write_op_graph
    from roots_tf.monitoring.hparams import write_final_metrics, write_hparams
    from roots_tf.monitoring.projector import write_projector
    from roots_tf.monitoring.tensorboard import RunMonitor

    folder = tmp_path_factory.mktemp("logs")
    options = {"seed": 7, "rate": 0.5, "mask": True, "pooling": "last", "warm": None}
    curves = [("validation", "epoch/accuracy"), ("", "final/accuracy")]
    with RunMonitor(folder / RUN, classifier) as monitor:
        write_hparams(monitor, options, curves)
        write_op_graph(monitor, classifier, tf.TensorSpec((None, None), tf.int32))
        report = ClassificationReport(monitor, samples.label_names)
        for epoch in (1, 2):
            monitor.on_step(step_record(10 * epoch - 5, epoch))
            monitor.on_step(step_record(10 * epoch, epoch))
            monitor.on_epoch_end(epoch_record(epoch))
            report.write(epoch, samples.labels, samples.probabilities, samples.texts)
        write_projector(
            monitor.log_dir / "projector",
            table.vectors,
            table.words,
            {"frequency": table.frequencies},
        )
        write_final_metrics(monitor, {"accuracy": 0.75})
    return folder


@pytest.fixture(scope="session")
def events(log_dir):
    """Reads a sub-folder of that run with TensorBoard's own reader."""
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    def read(sub_folder):
        path = str(log_dir / RUN / sub_folder)
        return EventAccumulator(path, size_guidance={"tensors": 0}).Reload()

    return read


@pytest.fixture(scope="session")
def points(events):
    """Reads a tag of a sub-folder of that run: (step, value) pairs."""
    import tensorflow as tf

    def read(sub_folder, tag):
        return [
            (event.step, tf.make_ndarray(event.tensor_proto))
            for event in events(sub_folder).Tensors(tag)
        ]

    return read
