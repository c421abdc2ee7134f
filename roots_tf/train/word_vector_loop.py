"""Trains word vectors round by round, watched and checkpointed.

Article: §3.1, §7.2.2 (TensorBoard).
"""

import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from roots_tf.monitoring.hparams import write_final_metrics
from roots_tf.monitoring.profile import ProfileSteps
from roots_tf.monitoring.resources import ResourceMonitor
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.training_loop import EpochRecord
from roots_tf.train.array_checkpoint import save_arrays
from roots_tf.train.progress import Progress
from roots_tf.train.run import Run
from roots_tf.train.word_vector_options import CHECKPOINT, WordVectorOptions
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.nearest_table import nearest_table
from roots_tf.word_vectors.word_vector_table import WordVectors


@dataclasses.dataclass(frozen=True)
class RoundRecord:
    """What one round did, for the progress bar, which counts words or cells."""

    step: int
    epoch: int
    step_in_epoch: int
    loss: float | None
    tokens_per_second: float
    metrics: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Done:
    """What is known beside the trainer's state: of the run, and of its last epoch."""

    words: int = 0
    losses: list[float] = dataclasses.field(default_factory=list)
    seconds: float = 0.0


class WordVectorLoop:
    """The training loop of a run; `word_vector_run` opens its monitors.

    Args:
        run: where to.
        options: of the run.
        corpus: what is trained on.
        watched: words whose nearest words are written after each epoch.
        unit: what the trainer counts, "words" or "cells".
        monitor, resources, record: opened.
        done: by the processes before this one.

    Attributes:
        profile: traces some rounds, or None.
    """

    def __init__(
        self,
        run: Run,
        options: WordVectorOptions,
        corpus: EncodedCorpus,
        watched: Sequence[str],
        unit: str,
        monitor: RunMonitor,
        resources: ResourceMonitor,
        record: RunRecord,
        done: Done,
    ):
        self.run, self.options, self.corpus = run, options, corpus
        self.watched, self.unit = watched, unit
        self.monitor, self.resources, self.record = monitor, resources, record
        self.profile: ProfileSteps | None = None
        self._done = done

    def train(self, trainer) -> WordVectors:
        """Trains the rounds that are left.

        Args:
            trainer: `FastWord2Vec`, or what has its rounds and counts its words.

        Returns:
            The words' vectors.
        """
        words = trainer.total_words // self.options.epochs
        self._progress = Progress(self.options.epochs, words, self.unit)
        while trainer.round < trainer.rounds:
            if self.profile:
                self.profile.before_step(trainer.round + 1)
            self._began = time.perf_counter()
            report = trainer.train_round()
            self._end_round(trainer, report)
            if trainer.round % trainer.rounds_per_epoch == 0:
                self._end_epoch(trainer)
            every = self.options.checkpoint_every
            if trainer.round % every == 0 or trainer.round == trainer.rounds:
                self._save(trainer)
        if self.profile:
            self.profile.close()
        return self._vectors(trainer)

    def show(self, in_epoch: int) -> None:
        """Moves the progress bar inside a round that is a whole epoch.

        Args:
            in_epoch: words or cells that are done of it.
        """
        done, steps = self._done.words, self._progress.steps
        per_second = in_epoch / (time.perf_counter() - self._began)
        epoch = done // steps + 1
        record = RoundRecord(done + in_epoch, epoch, in_epoch, None, per_second)
        self._progress.on_step(record)

    def finish(self, metrics: dict[str, float]) -> None:
        """Writes the final metrics to the HPARAMS tab and to ``run.json``."""
        write_final_metrics(self.monitor, metrics)
        self.record.finish(metrics)

    def _end_round(self, trainer, report) -> None:
        seconds = time.perf_counter() - self._began
        done, progress = self._done, self._progress
        per_second = (report.words - done.words) / seconds
        done.words = report.words
        done.losses.append(report.loss)
        done.seconds += seconds
        self.monitor.scalars(
            "train",
            report.words,
            {
                "step/loss": report.loss,
                "step/learning_rate": report.learning_rate,
                f"step/{self.unit}_per_second": per_second,
            },
        )
        self.resources.write(report.words)
        epoch = -(-trainer.round // trainer.rounds_per_epoch)
        in_epoch = report.words - (epoch - 1) * progress.steps
        in_epoch = min(max(in_epoch, 0), progress.steps)
        progress.on_step(
            RoundRecord(report.words, epoch, in_epoch, report.loss, per_second)
        )

    def _end_epoch(self, trainer) -> None:
        epoch, done = trainer.round // trainer.rounds_per_epoch, self._done
        vectors = self._vectors(trainer)
        # `norm` would make a table of squares, as large as that of the vectors.
        squares = np.einsum("nd,nd->n", vectors.vectors, vectors.vectors)
        norm = float(np.sqrt(squares).mean())
        means = {"loss": float(np.mean(done.losses)), "mean_vector_norm": norm}
        record = EpochRecord(epoch, done.words, means, {}, done.seconds)
        for hook in (self.monitor, self.record, self._progress):
            hook.on_epoch_end(record)
        table = nearest_table(vectors, self.watched)
        self.monitor.text("train", epoch, "nearest_words", table)
        done.losses, done.seconds = [], 0.0

    def _save(self, trainer) -> None:
        progress = {
            "corpus": self.corpus.content_hash,
            "monitor": self.monitor.state(),
            "record": self.record.state(),
            "done": dataclasses.asdict(self._done),
            "profile": self.profile.state() if self.profile else {},
        }
        save_arrays(self.run.folder / CHECKPOINT, trainer.state(), progress)

    def _vectors(self, trainer) -> WordVectors:
        return WordVectors(self.corpus.words, trainer.vectors, self.corpus.counts)
