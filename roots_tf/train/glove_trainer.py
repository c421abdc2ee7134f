"""The parts of the GloVe script: counting, and epochs as rounds.

Article: §3.1.2, §4.1.2. Errata: E03, E04.
"""

import shutil
from collections.abc import Callable

import numpy as np

from roots_tf.train.run import Run
from roots_tf.train.word_vector_options import COUNTS
from roots_tf.word_vectors.cooccurrence import Cooccurrence, count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_loop import GloveTrainer
from roots_tf.word_vectors.large_table import TableRows
from roots_tf.word_vectors.word2vec_fast import Report


def count(corpus: EncodedCorpus, options, run: Run) -> Cooccurrence:
    """Counts which words are near which, if the run's folder has no counts yet.

    Raises:
        ValueError: no two words are near each other.
        OSError: the counts cannot be written.
    """
    folder = run.folder / COUNTS
    counts = _open_counts(folder)
    if counts is None or counts.corpus_hash != corpus.content_hash:
        shutil.rmtree(folder, ignore_errors=True)
        print("Counting which words are near which ...", flush=True)
        counts = count_cooccurrences(
            corpus, folder, options.window, options.symmetric, options.memory << 20
        )
    share = counts.nnz / counts.num_words**2
    print(f"{counts.nnz:,} pairs of words seen together, {share:.2%} of all.")
    return counts


class GloveRounds:
    """A `GloveTrainer` of which a round is an epoch, as `WordVectorLoop` wants it.

    Args:
        cooccurrence: counts of V words.
        options: of the script.

    Attributes:
        progress: called now and then with the cells done of the epoch, or None.
        rounds, rounds_per_epoch: epochs in all, and 1.
        total_words: cells to train on in all.
    """

    def __init__(self, cooccurrence: Cooccurrence, options):
        self._trainer = GloveTrainer(
            cooccurrence,
            dimension=options.dim,
            x_max=options.x_max,
            alpha=options.alpha,
            learning_rate=options.learning_rate,
            threads=options.threads,
            seed=options.seed,
            memory_bytes=options.memory << 20,
            traceable=bool(options.profile),
        )
        self.progress: Callable[[int], object] | None = None
        self.rounds, self.rounds_per_epoch = options.epochs, 1
        self.total_words = options.epochs * cooccurrence.nnz
        self._nnz, self._learning_rate = cooccurrence.nnz, options.learning_rate

    @property
    def round(self) -> int:
        return self._trainer.epochs_done

    @property
    def vectors(self) -> np.ndarray:
        """w + w~, (V, D) float32."""
        return self._trainer.word_vectors()

    def train_round(self) -> Report:
        cost = self._trainer.epoch(self.progress)["cost"]
        return Report(self.round * self._nnz, cost, self._learning_rate)

    def state(self) -> dict[str, np.ndarray | TableRows]:
        return self._trainer.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._trainer.restore(state)


def _open_counts(folder) -> Cooccurrence | None:
    """Opens the counts of a process before this one, if it came so far."""
    try:
        return Cooccurrence(folder)
    except (OSError, ValueError):
        return None
