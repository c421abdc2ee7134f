"""What training a retrieval agent is made of: pairs, candidates, the comparison.

Article: §6 (5. 对话系统).
Source: Henderson et al. 2017 (1705.00652), §4 (a batch's other replies are the wrong
    ones); Lowe et al. 2015 (1506.08909), §4.4 (recall@1 of 10).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from roots_tf.applications.bm25 import Bm25
from roots_tf.applications.dialogue_retrieval import RetrievalAgent
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.datasets.dialogue import DialogueData
from roots_tf.evaluation.retrieval_metrics import (
    first_right_ranks,
    mean_reciprocal_rank,
)
from roots_tf.evaluation.significance import compare
from roots_tf.models.sentence_encoder import PairScorer, SentenceEncoder
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.text_samples import text_table
from roots_tf.train.bert_finetune_parts import make_encoder
from roots_tf.train.dialogue_examples import (
    NUM_CANDIDATES,
    Exchange,
    draw_candidates,
    drawn_exchanges,
    exchanges,
)
from roots_tf.train.question_answering_parts import PairBatches

WEIGHTS = np.linspace(0, 1, 21)  # of the vectors beside the examples
_DRAWN = 1_000  # rows of candidates that a part is scored by, or a little more
_SHOWN = 12


class RetrievalTask:
    """The exchanges of a set, the agent that learns them, and what it is beside.

    Args:
        options: of the script.
        data: the set.

    Raises:
        ValueError, OSError: the data has too few, or a pretrained model is not there.
    """

    compared = "mrr"

    def __init__(self, options, data: DialogueData):
        self.options, self.data = options, data
        train = exchanges(data.train)
        if len(train) < options.batch_size:
            raise ValueError(
                f"--batch-size: expected at most the {len(train)} training exchanges, "
                f"got {options.batch_size}"
            )
        self.parts = {
            name: _Part(drawn_exchanges(part, options.tested, options.seed), options)
            for name, part in (("validation", data.validation), ("test", data.test))
        }
        encoder, tokenizer = make_encoder(options, _turns(data))
        model = SentenceEncoder(encoder, name="sentence_encoder")
        model.build()
        embedder = SentenceEmbedder(model, tokenizer, options.max_length)
        examples = [(one.history, one.reply) for one in train]
        self.agent = RetrievalAgent(embedder, examples)
        self.model = PairScorer(model, options.temperature, name="pair_scorer")
        self.model.build()
        ids = []
        for start in range(0, len(train), 1024):
            histories = [one.history for one in train[start : start + 1024]]
            contexts = self.agent.context_ids(self.agent.texts_of(histories)).numpy()
            ids += [row[row != 0] for row in contexts]
        replies = embedder.encode([one.reply for one in train])
        self.batches = PairBatches(ids, replies, options.batch_size, options.seed)
        self.inputs = self.batches.inputs

    def validate(self, epoch: int, step: int) -> dict[str, float]:
        """Gives recall@1 of 10 and MRR of the vectors alone on validation."""
        part = self.parts["validation"]
        ranks = part.ranks(self.agent.cosines(part.histories, part.replies))
        return {
            "recall_at_1": float(np.mean(ranks == 1)),
            "mrr": mean_reciprocal_rank(ranks.ravel()),
        }

    def finish(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Chooses the weight in validation, and prints the test's scores, once."""
        agent, metrics = self.agent, {}
        agent.embed_replies()
        for name, part in self.parts.items():
            cosines = agent.cosines(part.histories, part.replies)
            by_examples = agent.by_examples(part.histories, part.replies)
            if name == "validation":
                found = [
                    part.ranks(agent.score(cosines, by_examples, weight))
                    for weight in WEIGHTS
                ]
                mrr = [mean_reciprocal_rank(ranks.ravel()) for ranks in found]
                agent.weight = float(WEIGHTS[int(np.argmax(mrr))])
            ranks = {
                "words in common (BM25)": ("bm25_", part.ranks(part.bm25())),
                "examples": ("examples_", part.ranks(by_examples)),
                "vectors": ("vectors_", part.ranks(cosines)),
                "this agent": ("", part.ranks(agent.score(cosines, by_examples))),
            }
            prefix = "validation_" if name == "validation" else ""
            metrics |= self._report(name, prefix, part, ranks, epoch)
        metrics["weight"] = agent.weight
        self._write_samples(monitor, epoch, ranks["this agent"][1])
        return metrics

    def _report(self, name, prefix, part, ranks, epoch) -> dict[str, float]:
        print(
            f"\n{len(part.rows):,} {name} replies, each among {NUM_CANDIDATES}, "
            f"{part.draws} draws of the wrong ones, weights of epoch {epoch}, "
            f"{self.agent.weight:.2f} of the vectors beside the examples:"
        )
        print(f"{'':24}{'recall@1':>10}{'MRR':>8}")
        print(f"{'chance':24}{1 / NUM_CANDIDATES:10.3f}{_chance_mrr():8.3f}")
        metrics, hits = {}, {}
        for method, (own, found) in ranks.items():
            hits[method] = np.mean(found == 1, axis=0)  # of each reply
            mrr = mean_reciprocal_rank(found.ravel())
            print(f"{method:24}{hits[method].mean():10.3f}{mrr:8.3f}")
            metrics[f"{prefix}{own}recall_at_1"] = float(hits[method].mean())
            metrics[f"{prefix}{own}mrr"] = mrr
        for other in ("words in common (BM25)", "examples"):
            told = compare(
                np.zeros(len(part.rows)),
                hits["this agent"],
                hits[other],
                lambda _, hits: float(np.mean(hits)),
                ("this agent", other),
            )
            print(f"recall@1: {told}")
        return metrics

    def _write_samples(self, monitor, epoch, ranks) -> None:
        rows, marks = [], []
        for one, rank in zip(self.parts["test"].rows[:_SHOWN], ranks[0], strict=False):
            given = self.agent.reply(one.history)
            rows.append((" | ".join(one.history), one.reply, f"{rank:.0f}", given))
            marks.append(rank == 1)
        header = ("history", "right", "its rank of 10", "reply out of all")
        monitor.text("test", epoch, "replies", text_table(header, rows, marks))


class _Part:
    """A part's exchanges with their candidates, drawn several times if it is small."""

    def __init__(self, rows: Sequence[Exchange], options):
        self.rows = list(rows)
        self.histories = [one.history for one in rows]
        self.draws = -(-_DRAWN // len(self.rows))
        self.replies = list({one.reply: None for one in rows})
        place = {reply: number for number, reply in enumerate(self.replies)}
        self._candidates = np.array(
            [
                [[place[reply] for reply in row] for row in drawn]
                for draw in range(self.draws)
                for drawn in [draw_candidates(self.rows, options.seed + draw)]
            ]
        )  # (draws, N, 10)

    def ranks(self, scores: np.ndarray) -> np.ndarray:
        """Gives the right replies' ranks (draws, N), by scores (N, C) of all."""
        rows = np.arange(len(self.rows))[:, None]
        of_candidates = scores[rows, self._candidates]  # (draws, N, 10)
        flat = of_candidates.reshape(-1, NUM_CANDIDATES)
        right = [[NUM_CANDIDATES - 1]] * len(flat)  # the last; see draw_candidates
        return first_right_ranks(flat, right).reshape(self.draws, len(self.rows))

    def bm25(self) -> np.ndarray:
        """Scores by the words that a history and a reply have in common."""
        texts = ["\n".join(history) for history in self.histories]
        return Bm25.index(self.replies).scores(texts)


def _chance_mrr() -> float:
    return float(np.mean(1 / np.arange(1, NUM_CANDIDATES + 1)))


def _turns(data: DialogueData) -> Iterator[str]:
    for dialogue in data.train:
        yield from dialogue.turns
