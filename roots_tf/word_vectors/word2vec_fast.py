"""Word2Vec's fast loop: whole chunks of text by matrix products, on several threads.

The readable loop (`word2vec_loop`) makes pairs of words and updates two vectors a pair.
Here nobody makes pairs. A chunk of consecutive words is cut into frames of L centres
and the W words on each side; all products of a frame's words with its centres are one
matrix product, and a mask tells which of them are pairs. A frame's words share S noise
words: each of them counts K / S, so that a pair meets K on average, as in the paper.
Gradients are closed forms and again matrix products, summed word by word before they
touch the table. The threads train pieces of the corpus side by side on one table
without locks (Hogwild), so that a run repeats exactly with one thread only.

Article: §3.1.1, §4.1.1. Errata: E01, E02.
Source: Mikolov et al. 2013 (1310.4546), eq. 3 to 5; Ji et al. 2016 (1604.04661), which
    shares the noise words; Recht et al. 2011 (1106.5730), "Hogwild!".
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from tensorflow.profiler.experimental import Trace

from roots_tf.word_vectors.context_windows import keep_probabilities
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.large_table import TableRows, make_table, slices
from roots_tf.word_vectors.noise_sampling import NoiseTable
from roots_tf.word_vectors.word2vec_chunks import chunk_size, cut_chunks
from roots_tf.word_vectors.word2vec_frames import NoiseCbowFrames, NoiseSkipGramFrames
from roots_tf.word_vectors.word2vec_tree_frames import (
    HierarchicalCbowFrames,
    HierarchicalSkipGramFrames,
)

PIECE = 500_000  # ids that a thread trains between two reports
CALL = 100  # chunks a call of TensorFlow: the learning rate is the same for all
SMALLEST_CHUNK, LARGEST_CHUNK = 32, 512
OBJECTIVES = ("negative-sampling", "hierarchical-softmax")
LEARNING_RATES = {"skip-gram": 0.025, "cbow": 0.05}


@dataclass(frozen=True)
class Report:
    """What one round of training did.

    Attributes:
        words: words of the corpus that all rounds so far have trained on.
        loss: mean loss in nats a pair (skip-gram) or word (CBOW), of a sample.
        learning_rate: at the round's end.
    """

    words: int
    loss: float
    learning_rate: float


class FastWord2Vec:
    """Trains word vectors on an encoded corpus, round by round.

    Args:
        corpus: the text, which is read piece by piece.
        architecture: "skip-gram" or "cbow".
        objective: "negative-sampling" or "hierarchical-softmax".
        dimension: width of the vectors, D.
        window: largest distance of a context word, W; each centre draws 1 ... W.
        negatives: noise words a pair, K.
        subsample: threshold t of the subsampling of frequent words, as a share of all
            words; 0 for none.
        subsample_rule: "c" for the reference code's, "paper" for eq. 5.
        learning_rate: at the start; None for 0.025 (skip-gram) or 0.05 (CBOW).
        final_learning_rate: at the end, as a share of that at the start; it falls
            linearly with the words trained on.
        epochs: passes over the corpus.
        threads: that train side by side.
        seed: of everything that is random.

    Raises:
        ValueError: an unknown name, or a number out of its range.
    """

    def __init__(
        self,
        corpus: EncodedCorpus,
        architecture: str = "skip-gram",
        objective: str = "negative-sampling",
        dimension: int = 100,
        window: int = 5,
        negatives: int = 5,
        subsample: float = 1e-3,
        subsample_rule: str = "c",
        learning_rate: float | None = None,
        final_learning_rate: float = 1e-4,
        epochs: int = 5,
        threads: int = 1,
        seed: int = 0,
    ):
        _check(architecture, LEARNING_RATES)
        _check(objective, OBJECTIVES)
        numbers = {
            "dimension": dimension,
            "window": window,
            "negatives": negatives,
            "epochs": epochs,
            "threads": threads,
        }
        for name, number in numbers.items():
            if number < 1:
                raise ValueError(f"expected {name} of 1 or more, got {number}")
        if learning_rate is not None and learning_rate <= 0:
            raise ValueError(f"expected a learning_rate over 0, got {learning_rate}")
        if not 0 <= final_learning_rate <= 1:
            raise ValueError(
                f"expected a final_learning_rate of 0 to 1, got {final_learning_rate}"
            )
        if subsample < 0:
            raise ValueError(f"expected subsample of 0 or more, got {subsample}")
        self.corpus, self.window = corpus, window
        self.epochs, self.threads, self.seed = epochs, threads, seed
        self.learning_rate = learning_rate or LEARNING_RATES[architecture]
        self.final_learning_rate = final_learning_rate
        vocab_size = len(corpus.words)
        self._keep = np.ones(vocab_size)
        if subsample:
            self._keep = keep_probabilities(corpus.counts, subsample, subsample_rule)
        self.chunk = chunk_size(
            corpus.counts, self._keep, LARGEST_CHUNK, SMALLEST_CHUNK
        )
        outputs = vocab_size - (objective == "hierarchical-softmax")
        # One table for both, input vectors first.
        self.table = make_table(
            vocab_size + outputs, dimension, self._start(vocab_size, dimension)
        )
        arguments = (self.table, vocab_size, self.chunk, window)
        cbow = architecture == "cbow"
        if objective == "negative-sampling":
            self._noise = NoiseTable(corpus.counts, seed=seed).table
            by_noise = NoiseCbowFrames if cbow else NoiseSkipGramFrames
            self.frames = by_noise(*arguments, negatives=negatives)
        else:
            self._noise = None
            by_tree = HierarchicalCbowFrames if cbow else HierarchicalSkipGramFrames
            tree, kept = HuffmanTree(corpus.counts), corpus.counts * self._keep
            self.frames = by_tree(*arguments, tree=tree, kept=kept)
        shards = np.linspace(0, corpus.length, threads + 1).astype(int)
        self._shards = list(zip(shards[:-1], shards[1:], strict=True))
        longest = int(np.diff(shards).max())
        self.rounds_per_epoch = -(-longest // PIECE)
        self.round = 0  # rounds done
        self._words = np.zeros(threads, np.int64)

    @property
    def rounds(self) -> int:
        """Rounds in all."""
        return self.epochs * self.rounds_per_epoch

    @property
    def total_words(self) -> int:
        """Words of the corpus to train on, all epochs."""
        return self.epochs * self.corpus.num_tokens

    @property
    def vectors(self) -> np.ndarray:
        """The input vectors (V, D) float32, which are the words' vectors."""
        return TableRows(self.table)[: len(self.corpus.words)]

    def train_round(self) -> Report:
        """Trains one piece of text on each thread.

        Raises:
            FloatingPointError: the vectors have grown beyond use.
        """
        with ThreadPoolExecutor(self.threads) as pool:
            losses = list(pool.map(self._train_piece, range(self.threads)))
        self.round += 1
        losses = np.concatenate(losses)
        loss = float(losses.mean()) if len(losses) else 0.0
        if not np.isfinite(loss) or loss > 1e3:
            raise FloatingPointError(
                f"expected a loss that falls, got {loss:.3g} nats: "
                "lower the learning rate, or subsample the frequent words"
            )
        return Report(int(self._words.sum()), loss, float(self._rate()))

    def state(self) -> dict[str, np.ndarray | TableRows]:
        """Gives all that a trainer made with the same arguments needs to go on.

        The table is read when it is asked for: before the next round.
        """
        return {
            "table": TableRows(self.table),
            "round": np.array(self.round),
            "words": self._words.copy(),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on where `state` was taken."""
        self.table.assign(state["table"])
        self.round = int(state["round"])
        self._words = state["words"].copy()

    def _start(self, vocab_size, dimension):
        """Draws the input vectors at the start; the output vectors are 0."""
        generator = np.random.default_rng([self.seed, 0])
        for rows in slices(vocab_size):
            drawn = generator.random((rows.stop - rows.start, dimension), np.float32)
            yield (drawn - np.float32(0.5)) / np.float32(dimension)

    def _train_piece(self, thread: int) -> list[float]:
        with Trace("piece"):  # seen where a profiler listens, as in its summary
            return self._train_chunks(thread)

    def _train_chunks(self, thread: int) -> list[float]:
        epoch, piece = divmod(self.round, self.rounds_per_epoch)
        first, last = self._shards[thread]
        start = min(last, first + piece * PIECE)
        generator = np.random.default_rng([self.seed, 1, epoch, start])
        with Trace("input"):
            stream = self.corpus.read(start, min(last, start + PIECE))
            chunks = cut_chunks(stream, self._keep, self.window, self.chunk, generator)
        count = len(chunks.middle)
        losses = []
        for first in range(0, count, CALL):
            part = slice(first, min(count, first + CALL))
            ids = chunks.ids[part.start * self.chunk :]
            ids = ids[: (part.stop - part.start) * self.chunk + 2 * self.window]
            noise = self._draw_noise(part.stop - part.start, generator)
            loss = self.frames.train(
                ids, chunks.middle[part], chunks.reach[part], noise, self._rate()
            )
            losses.append(float(loss))
            self._words[thread] += (
                chunks.words * part.stop // count - chunks.words * part.start // count
            )
        return losses

    def _draw_noise(self, chunks: int, generator) -> np.ndarray:
        """Reads a slice of the shuffled table, from a random place on, (N, ...)."""
        if self._noise is None:
            return np.zeros((chunks, 0), np.int32)
        wanted = chunks * self.frames.noise_per_chunk
        start = int(generator.integers(len(self._noise)))
        places = np.arange(start, start + wanted)
        return self._noise.take(places, mode="wrap").reshape(chunks, -1)

    def _rate(self) -> np.float32:
        done = min(1.0, self._words.sum() / self.total_words)
        return np.float32(
            self.learning_rate * (1 - done * (1 - self.final_learning_rate))
        )


def _check(name: str, names) -> None:
    if name not in names:
        raise ValueError(f"expected one of {', '.join(names)}, got {name!r}")
