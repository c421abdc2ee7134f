"""Which loop trains Word2Vec: the fast one, or for full softmax the readable one.

Article: §3.1.1 step 3 (反向传播), §4.1.1. Errata: E01, E02.
"""

import numpy as np
import tensorflow as tf
from tensorflow.profiler.experimental import Trace

from roots_tf.word_vectors.context_windows import keep_probabilities
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.word2vec import Cbow, SkipGram
from roots_tf.word_vectors.word2vec_fast import LEARNING_RATES, FastWord2Vec, Report
from roots_tf.word_vectors.word2vec_loop import examples, sgd_step

MOST_WORDS = 20_000  # of the vocabulary, for full softmax
PIECE = 10_000  # ids of a round of it
BATCH = 64


def make_trainer(corpus: EncodedCorpus, options):
    """Makes what trains as the script's options say.

    Raises:
        ValueError: full softmax over too many words.
    """
    if options.objective == "full-softmax":
        return FullSoftmaxTrainer(corpus, options)
    return FastWord2Vec(
        corpus,
        options.architecture,
        options.objective,
        dimension=options.dim,
        window=options.window,
        negatives=options.negatives,
        subsample=options.subsample,
        subsample_rule=options.subsample_rule,
        learning_rate=options.learning_rate or None,
        final_learning_rate=options.final_learning_rate,
        epochs=options.epochs,
        threads=options.threads,
        seed=options.seed,
    )


class FullSoftmaxTrainer:
    """The readable loop in rounds: each compares with all V words at every step.

    Attributes and methods are those of `FastWord2Vec`; it trains on one thread.

    Args:
        corpus: the text, of `MOST_WORDS` words at most.
        options: of the script.

    Raises:
        ValueError: the vocabulary is larger.
    """

    def __init__(self, corpus: EncodedCorpus, options):
        if len(corpus.words) > MOST_WORDS:
            raise ValueError(
                f"--objective: expected {MOST_WORDS:,} different words at most for "
                f"full-softmax, got {len(corpus.words):,}; see --max-vocab"
            )
        self.corpus, self.options = corpus, options
        kinds = {"skip-gram": SkipGram, "cbow": Cbow}
        self.model = kinds[options.architecture](
            len(corpus.words), options.dim, "full-softmax", seed=options.seed
        )
        self.learning_rate = (
            options.learning_rate or LEARNING_RATES[options.architecture]
        )
        self._keep = keep_probabilities(
            corpus.counts, options.subsample, options.subsample_rule
        )
        self.rounds_per_epoch = -(-corpus.length // PIECE)
        self.rounds = options.epochs * self.rounds_per_epoch
        self.total_words = options.epochs * corpus.num_tokens
        self.round = self._words = 0

    @property
    def vectors(self) -> np.ndarray:
        return self.model.input_vectors.numpy()

    def train_round(self) -> Report:
        """Trains one piece of the text.

        Raises:
            FloatingPointError: the loss is not finite.
        """
        epoch, piece = divmod(self.round, self.rounds_per_epoch)
        start = piece * PIECE
        stream = self.corpus.read(start, min(self.corpus.length, start + PIECE))
        generator = np.random.default_rng([self.options.seed, epoch, piece])
        words = np.count_nonzero(stream >= 0)
        losses = []
        with Trace("piece"):
            for done, batch in self._batches(stream, generator):
                rate = tf.constant(self._rate(self._words + done * words), tf.float32)
                losses.append(tf.reduce_mean(sgd_step(self.model, batch, rate)))
        self.round += 1
        self._words += words
        loss = float(np.mean(losses)) if losses else 0.0
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss became {loss}: lower the learning rate")
        return Report(int(self._words), loss, self._rate(self._words))

    def state(self) -> dict[str, np.ndarray]:
        names = ("input_vectors", "output_vectors")
        tables = {name: getattr(self.model, name).numpy() for name in names}
        return {"round": np.array(self.round), "words": np.array(self._words), **tables}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.round, self._words = int(state["round"]), int(state["words"])
        for name in ("input_vectors", "output_vectors"):
            getattr(self.model, name).assign(state[name])

    def _batches(self, stream, generator):
        """Gives for each step the share of the piece that is done, and its examples."""
        try:
            with Trace("input"):
                inputs, targets = examples(
                    self.model, stream, self._keep, self.options.window, generator
                )
        except ValueError:  # subsampling has left no pair of words in this piece
            return
        for start in range(0, len(targets), BATCH):
            chosen = slice(start, start + BATCH)
            yield start / len(targets), (inputs[chosen], targets[chosen], None)

    def _rate(self, words) -> float:
        done = min(1.0, words / self.total_words)
        return self.learning_rate * (1 - done * (1 - self.options.final_learning_rate))
