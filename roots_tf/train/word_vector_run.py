"""Trains word vectors round by round, watched, checkpointed and resumable.

Article: §3.1, §7.2.2 (TensorBoard).
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence

import numpy as np

from roots_tf.monitoring.hparams import write_final_metrics
from roots_tf.monitoring.resources import ResourceMonitor
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.training_loop import EpochRecord
from roots_tf.train.array_checkpoint import load_arrays, save_arrays
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.monitored_run import describe_run
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
    loss: float
    tokens_per_second: float
    metrics: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Done:
    """What is known beside the trainer's state: of the run, and of its last epoch."""

    words: int = 0
    losses: list[float] = dataclasses.field(default_factory=list)
    seconds: float = 0.0


class WordVectorRun:
    """The training of a run; `word_vector_run` opens it.

    Args:
        run: where to.
        options: of the run.
        corpus: what is trained on.
        watched: words whose nearest words are written after each epoch.
        unit: what the trainer counts, "words" or "cells".
        monitor, resources, record: opened.
        done: by the processes before this one.
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
        done: _Done,
    ):
        self.run, self.options, self.corpus = run, options, corpus
        self.watched, self.unit = watched, unit
        self.monitor, self.resources, self.record = monitor, resources, record
        self._done = done

    def train(self, trainer) -> WordVectors:
        """Trains the rounds that are left.

        Args:
            trainer: `FastWord2Vec`, or what has its rounds and counts its words.

        Returns:
            The words' vectors.
        """
        words = trainer.total_words // self.options.epochs
        progress = Progress(self.options.epochs, words, self.unit)
        while trainer.round < trainer.rounds:
            began = time.perf_counter()
            report = trainer.train_round()
            seconds = time.perf_counter() - began
            self._end_round(trainer, report, seconds, progress)
            if trainer.round % trainer.rounds_per_epoch == 0:
                self._end_epoch(trainer, progress)
            every = self.options.checkpoint_every
            if trainer.round % every == 0 or trainer.round == trainer.rounds:
                self._save(trainer)
        return self._vectors(trainer)

    def finish(self, metrics: dict[str, float]) -> None:
        """Writes the final metrics to the HPARAMS tab and to ``run.json``."""
        write_final_metrics(self.monitor, metrics)
        self.record.finish(metrics)

    def _end_round(self, trainer, report, seconds, progress) -> None:
        done = self._done
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

    def _end_epoch(self, trainer, progress) -> None:
        epoch, done = trainer.round // trainer.rounds_per_epoch, self._done
        vectors = self._vectors(trainer)
        norm = np.linalg.norm(vectors.vectors, axis=1).mean()
        means = {"loss": float(np.mean(done.losses)), "mean_vector_norm": float(norm)}
        record = EpochRecord(epoch, done.words, means, {}, done.seconds)
        for hook in (self.monitor, self.record, progress):
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
        }
        save_arrays(self.run.folder / CHECKPOINT, trainer.state(), progress)

    def _vectors(self, trainer) -> WordVectors:
        return WordVectors(self.corpus.words, trainer.vectors, self.corpus.counts)


def restore(trainer, corpus: EncodedCorpus, run: Run) -> dict | None:
    """Puts a trainer where the checkpoint of a resumed run was taken.

    Returns:
        What `word_vector_run` needs to go on from there; None for a new run.

    Raises:
        ValueError: the checkpoint is damaged, or the text is another one by now.
        OSError: it cannot be read.
    """
    if not run.resumed:
        return None
    state, progress = load_arrays(run.folder / CHECKPOINT)
    if progress["corpus"] != corpus.content_hash:
        raise ValueError("--resume: expected the text that the run began with")
    trainer.restore(state)
    return progress


@contextlib.contextmanager
def word_vector_run(
    run: Run,
    options: WordVectorOptions,
    command: list[str],
    corpus: EncodedCorpus,
    watched: Sequence[str],
    scores: Sequence[str],
    earlier: dict | None,
    unit: str = "words",
) -> Iterator[WordVectorRun]:
    """Opens the monitors of a run; a new run also gets its options written.

    Args:
        run, options, corpus, watched, unit: as `WordVectorRun`.
        command: its words.
        scores: names of the final metrics by which the HPARAMS tab compares runs.
        earlier: from `restore`.
    """
    values = dataclasses.asdict(options)
    data_hash = corpus.content_hash
    with RunMonitor(run.folder) as monitor, ResourceMonitor(monitor) as resources:
        if earlier:
            with bad_input_ends_the_program():
                monitor.restore(earlier["monitor"])
        else:
            compared = [("train", "epoch/loss")]
            compared += [("", f"final/{score}") for score in scores]
            describe_run(monitor, command, values, data_hash, compared)
        with RunRecord(
            run.folder, command, values, options.seed, data_hash, options.data
        ) as record:
            if earlier:
                record.restore(earlier["record"])
            done = _Done(**earlier["done"]) if earlier else _Done()
            yield WordVectorRun(
                run, options, corpus, watched, unit, monitor, resources, record, done
            )
