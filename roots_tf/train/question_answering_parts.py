"""What training for retrieval is made of: batches of pairs, and the comparison.

Article: §6 (3. 问答系统), §3.3.1, §4.3.1. Errata: E11, E17.
Source: Karpukhin et al. 2020 (2004.04906), §3.2 (in-batch negatives), §5 (measures).
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.applications.bm25 import searched_text
from roots_tf.applications.mean_vectors import MeanVectors
from roots_tf.applications.question_answering import QuestionAnswerer, mixed
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.datasets.retrieval import RetrievalQuestion, load_retrieval
from roots_tf.evaluation.retrieval_metrics import (
    first_right_ranks,
    mean_reciprocal_rank,
    retrieval_scores,
)
from roots_tf.evaluation.significance import compare
from roots_tf.models.sentence_encoder import PairScorer, SentenceEncoder
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.text_samples import text_table
from roots_tf.text.search_terms import search_terms
from roots_tf.train.bert_finetune_parts import drawn
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.word2vec_fast import FastWord2Vec

WEIGHTS = np.linspace(0, 1, 21)  # of the vectors beside BM25
_MOST_SAMPLES = 20
_AT_ONCE = 64  # questions scored together


class RetrievalTask:
    """A set of retrieval, the encoder that learns it, and what it is compared with.

    Args:
        options: of the script.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """

    def __init__(self, options):
        self.options = options
        self.data = load_retrieval(options.data)
        self.pairs = [
            self.data.train[row] for row in drawn(len(self.data.train), options)
        ]
        if len(self.pairs) < options.batch_size:
            raise ValueError(
                f"--batch-size: expected at most the {len(self.pairs)} training pairs, "
                f"got {options.batch_size}"
            )

    def texts(self) -> Iterator[str]:
        """Gives the texts of the training pairs."""
        for pair in self.pairs:
            yield from pair

    def build(self, encoder, tokenizer) -> PairScorer:
        """Puts the mean on the encoder, and reads all pairs and validation texts."""
        data, options = self.data, self.options
        model = SentenceEncoder(encoder, name="sentence_encoder")
        model.build()
        self.embedder = SentenceEmbedder(model, tokenizer, options.max_length)
        self._ids = [
            self.embedder.encode(column) for column in zip(*self.pairs, strict=True)
        ]
        right = {row for question in data.validation for row in question.right}
        rng = np.random.default_rng(options.seed)
        others = rng.choice(
            len(data.documents), min(options.pool, len(data.documents)), replace=False
        )
        self._pool = sorted(right.union(others.tolist()))
        self._pool_ids = self.embedder.encode(
            [searched_text(*data.documents[row]) for row in self._pool]
        )
        print(
            f"{data.name}: {len(data.documents):,} documents, {len(self.pairs):,} "
            f"training pairs, {len(data.validation):,} validation and "
            f"{len(data.test):,} test questions; {tokenizer.vocab_size:,} tokens known."
        )
        for reason, times in data.changes.items():
            print(f"{times:,} times: {reason}.")
        scorer = PairScorer(model, options.temperature, name="pair_scorer")
        scorer.build()
        return scorer

    def batches(self) -> "PairBatches":
        """Gives the training batches."""
        return PairBatches(*self._ids, self.options.batch_size, self.options.seed)

    def validate(self, epoch: int, step: int) -> dict[str, float]:
        """Scores the validation questions, of which each searches the pool alone."""
        place = {row: number for number, row in enumerate(self._pool)}
        right = [[place[row] for row in q.right] for q in self.data.validation]
        questions = self.embedder.embed([q.text for q in self.data.validation])
        cosines = questions @ self.embedder.embed_ids(self._pool_ids).T
        return retrieval_scores(first_right_ranks(cosines, right))

    def compare(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Searches all documents in every way, and prints how well each does."""
        data, options = self.data, self.options
        print(f"Making vectors of {len(data.documents):,} documents.")
        self.application = QuestionAnswerer(self.embedder, data.documents)
        methods = {"bm25": self.application.bm25.scores}
        if options.word_vector_epochs:
            methods["word_vectors"] = self._word_vectors().scores
        methods["vectors"] = lambda questions: self.application.scores(questions, 1.0)
        ranks = {
            name: ranks_of(scores, data.validation) for name, scores in methods.items()
        }
        self.application.weight = best_weight(self.application, data.validation)
        methods["vectors_and_bm25"] = self.application.scores
        ranks["vectors_and_bm25"] = ranks_of(self.application.scores, data.validation)
        metrics = self._report("validation", ranks, epoch)
        if options.test:
            ranks = {
                name: ranks_of(scores, data.test) for name, scores in methods.items()
            }
            metrics |= self._report("test", ranks, epoch)
            self._write_samples(monitor, epoch, ranks["vectors_and_bm25"])
        return metrics

    def _report(self, part, ranks, epoch) -> dict[str, float]:
        count, weight = len(getattr(self.data, part)), self.application.weight
        print(
            f"\n{count} {part} questions among {len(self.data.documents):,} documents, "
            f"weights of epoch {epoch}, {weight:.2f} of the vectors beside BM25:"
        )
        print(f"{'':20}{'recall@1':>10}{'recall@5':>10}{'recall@10':>10}{'MRR':>10}")
        metrics = {}
        for name, found in ranks.items():
            scores = retrieval_scores(found)
            keys = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr")
            shown = "".join(f"{scores[key]:10.4f}" for key in keys)
            print(f"{name.replace('_', ' '):20}{shown}")
            prefix = "" if name == "vectors_and_bm25" else f"{name}_"
            before = "validation_" if part == "validation" else ""
            metrics |= {f"{before}{prefix}{key}": scores[key] for key in keys}
        for name in ("vectors", "vectors_and_bm25"):
            told = compare(
                np.ones(count),
                1 / ranks[name],
                1 / ranks["bm25"],
                lambda labels, reciprocal: float(np.mean(reciprocal)),
                (name.replace("_", " "), "bm25"),
            )
            print(f"MRR: {told}")
        return metrics

    def _word_vectors(self) -> MeanVectors:
        """Trains word2vec on the documents."""
        print("Training word vectors of the documents.")
        texts = [searched_text(*document) for document in self.data.documents]
        with tempfile.TemporaryDirectory() as folder:
            corpus = EncodedCorpus.build(
                map(search_terms, texts), Path(folder) / "corpus", min_count=2
            )
            trainer = FastWord2Vec(
                corpus, epochs=self.options.word_vector_epochs, seed=self.options.seed
            )
            while trainer.round < trainer.rounds:
                trainer.train_round()
            return MeanVectors(texts, corpus.words, trainer.vectors)

    def _write_samples(self, monitor, epoch, ranks) -> None:
        questions = self.data.test[:_MOST_SAMPLES]
        found = self.application.search([q.text for q in questions], 1)
        rows, marks = [], []
        for question, (first,), rank in zip(questions, found, ranks, strict=False):
            names = " ".join(self.data.documents[row].name for row in question.right)
            rows.append((question.text, names, first.name, f"{rank:.0f}"))
            marks.append(rank == 1)
        table = text_table(("question", "right", "first found", "rank"), rows, marks)
        monitor.text("test", epoch, "samples", table)


class PairBatches:
    """Batches of pairs: ``({"token_ids": (B, T), "text_ids": (B, S)}, labels)``.

    Label i of row i is i: its text answers its question. The order depends on the seed
    and the epoch's number alone. Pairs that fill no batch are left out of the epoch:
    a small batch has few wrong answers to tell the right one from.

    Args:
        questions, texts: (T,) int32 ids of each, with 0 for padding.
        batch_size: B.
        seed: of the order.
    """

    inputs = {
        "token_ids": tf.TensorSpec((None, None), tf.int32),
        "text_ids": tf.TensorSpec((None, None), tf.int32),
    }

    def __init__(
        self,
        questions: Sequence[np.ndarray],
        texts: Sequence[np.ndarray],
        batch_size: int,
        seed: int,
    ):
        self._questions, self._texts = _padded(questions), _padded(texts)
        self._batch_size, self._seed = batch_size, seed

    def __len__(self) -> int:
        return len(self._questions) // self._batch_size

    def __call__(self, epoch: int) -> tf.data.Dataset:
        count = len(self._questions)
        order = np.random.default_rng([self._seed, epoch]).permutation(count)
        rows = tf.data.Dataset.from_tensor_slices(order)
        questions, texts = tf.constant(self._questions), tf.constant(self._texts)

        def pairs(rows):
            inputs = {
                "token_ids": _trimmed(tf.gather(questions, rows)),
                "text_ids": _trimmed(tf.gather(texts, rows)),
            }
            return inputs, tf.range(self._batch_size)

        return rows.batch(self._batch_size, drop_remainder=True).map(pairs).prefetch(2)


def ranks_of(scores, questions: Sequence[RetrievalQuestion]) -> np.ndarray:
    """Gives the rank (Q,) of the first right document, some questions at a time."""
    parts = [
        questions[start : start + _AT_ONCE]
        for start in range(0, len(questions), _AT_ONCE)
    ]
    return np.concatenate(
        [
            first_right_ranks(scores([q.text for q in part]), [q.right for q in part])
            for part in parts
        ]
    )


def best_weight(
    application: QuestionAnswerer, questions: Sequence[RetrievalQuestion]
) -> float:
    """Gives the weight of `WEIGHTS` with the best MRR, of equal ones the smallest."""
    texts, right = [q.text for q in questions], [q.right for q in questions]
    cosines = application.embedder.embed(texts) @ application.vectors.T
    bm25 = application.bm25.scores(texts)
    found = [
        mean_reciprocal_rank(first_right_ranks(mixed(cosines, bm25, weight), right))
        for weight in WEIGHTS
    ]
    return float(WEIGHTS[int(np.argmax(found))])


def _padded(sequences: Sequence[np.ndarray]) -> np.ndarray:
    width = max(map(len, sequences))
    return np.stack([np.pad(ids, (0, width - len(ids))) for ids in sequences])


def _trimmed(ids: tf.Tensor) -> tf.Tensor:
    """Cuts off the columns that are padding in every row."""
    longest = tf.reduce_max(tf.math.count_nonzero(ids, axis=1))
    return ids[:, :longest]
