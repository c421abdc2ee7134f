"""Trials of Word2Vec: what a linear classifier can tell from the word vectors.

Article: §3.1.1, §3.3.2, §4.3.2.

Which figure? The loss of Word2Vec will not do: it is a sum over the noise words and a
mean over the pairs of the window, so that other `negatives`, `window` or `subsample`
make it another quantity, and the smallest wins. Neither will analogies: they need sets
that have to be fetched. So vectors are judged by what they are for. They are trained on
the texts of the training part, without their classes; the mean vector of a text goes
to a linear classifier, fitted to the classes of the same part; the value of a trial is
the classifier's accuracy on the validation texts (`mean_vector_probe.py`), of which
neither has seen any. It is the same quantity for every point of the space, with any set
of texts in any language. What it asks for is what a text is about: wide windows do well
in it, and another task may want other values.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from roots_tf.datasets.classification import TextClassificationData
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.training_loop import EpochRecord
from roots_tf.text.text_to_ids import TextSettings, tokenize
from roots_tf.train.array_checkpoint import load_arrays, save_arrays
from roots_tf.train.mean_vector_probe import MeanVectorProbe
from roots_tf.train.tune_trials import Trials, as_flags
from roots_tf.train.word_vector_options import CHECKPOINT
from roots_tf.tuning.keras_tuner_search import Trial
from roots_tf.tuning.search_space import Integer, Point, Real, SearchSpace
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.word2vec_fast import FastWord2Vec


class Word2VecTrials(Trials):
    """The value of a trial is the accuracy after its last epoch.

    The learning rate falls to its end within the epochs of the trial. One that
    Hyperband lets go on begins again with the rate of that part of the longer way.

    Arguments: see `Trials`.

    Raises:
        ValueError: the texts of train have fewer than two words that occur five times.
    """

    space = SearchSpace(
        {
            "learning_rate": Real(5e-3, 0.1, log=True),
            "window": Integer(1, 16, log=True),
            "dim": Integer(16, 256, log=True),
            "subsample": Real(1e-5, 1e-2, log=True),
            "negatives": Integer(1, 20, log=True),
        }
    )

    def __init__(self, options, data: TextClassificationData, folder: Path):
        super().__init__(options, data, folder)
        settings = TextSettings()
        train = tokenize(data.train.texts, settings)
        # Each process has ids of its own: workers do not wait for one another.
        self._corpus_folder = tempfile.TemporaryDirectory()
        self.corpus = EncodedCorpus.build(
            train,
            Path(self._corpus_folder.name) / "corpus",
            max_vocab=options.vocab_size,
        )
        self.probe = MeanVectorProbe(
            train,
            data.train.labels,
            tokenize(data.validation.texts, settings),
            data.validation.labels,
            self.corpus.words,
        )
        print(
            f"{data.name}: {self.corpus.num_tokens:,} words in {len(train):,} training "
            f"texts, {len(self.corpus.words):,} of them different."
        )

    def fit(
        self, trial: Trial, epochs: int, folder: Path, monitor: RunMonitor
    ) -> float:
        trainer = self._trainer(trial.point, epochs)
        if before := self.before(trial):
            state, _ = load_arrays(before / CHECKPOINT)
            trainer.restore(state)
        losses, accuracy, began = [], 0.0, time.perf_counter()
        while trainer.round < trainer.rounds:
            report = trainer.train_round()
            losses.append(report.loss)
            values = {"loss": report.loss, "learning_rate": report.learning_rate}
            values = {f"step/{name}": value for name, value in values.items()}
            monitor.scalars("train", report.words, values)
            if trainer.round % trainer.rounds_per_epoch == 0:
                accuracy = self.probe.accuracy(trainer.vectors)
                monitor.on_epoch_end(
                    EpochRecord(
                        epoch=trainer.round // trainer.rounds_per_epoch,
                        step=report.words,
                        train={"loss": float(np.mean(losses))},
                        validation={"accuracy": accuracy},
                        seconds=time.perf_counter() - began,
                    )
                )
                losses, began = [], time.perf_counter()
        if trial.epochs is not None:  # Hyperband may let it go on
            save_arrays(folder / CHECKPOINT, trainer.state(), {})
        return accuracy

    def command(self, point: Point) -> str:
        data = self.options.data if self.options.data == "docstrings" else "TEXT"
        return (
            f"python -m roots_tf.train.word2vec --data {data} "
            f"--epochs {self.options.epochs} {as_flags(point)}"
        )

    def _trainer(self, point: Point, epochs: int) -> FastWord2Vec:
        point = dict(point)
        return FastWord2Vec(
            self.corpus,
            dimension=point.pop("dim"),
            epochs=epochs,
            seed=self.options.seed,
            **point,
        )
