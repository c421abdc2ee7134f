"""What training a generative agent is made of: examples, batches, the comparison.

Article: §6 (5. 对话系统).
Source: Wolf et al. 2019 (1901.08149), §3; Li et al. 2016 (1510.03055), §5.2 (distinct).
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from roots_tf.applications.dialogue_generation import (
    NO_LABEL,
    NUM_MARKS,
    Example,
    GenerativeAgent,
)
from roots_tf.datasets.dialogue import DialogueData
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.evaluation.generation_metrics import distinct
from roots_tf.evaluation.perplexity import perplexity
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization import losses
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.train.dialogue_examples import (
    drawn_exchanges,
    exchanges,
    other_histories,
)

DRAWN = SamplingRule(temperature=0.8, top_p=0.9)  # as ``roots_tf.chat`` by default
_MEASURED = 64  # rows a batch
_WRITTEN = 200  # replies that are written for distinct-n
_SHOWN = 8


class GenerationTask:
    """The exchanges of a set, the agent that learns them, and what it is beside.

    Args:
        options: of the script.
        data: the set.

    Raises:
        ValueError, OSError: sizes do not fit, or a pretrained model is not there.
    """

    compared = "loss"
    inputs = tf.TensorSpec((None, None), tf.int32)

    def __init__(self, options, data: DialogueData):
        self.options, self.data = options, data
        self.agent = make_agent(options, data)
        self.model = self.agent.model
        self.parts = {
            name: drawn_exchanges(part, options.tested, options.seed)
            for name, part in (("validation", data.validation), ("test", data.test))
        }
        train = exchanges(data.train)
        self.batches = ReplyBatches(
            self.agent.examples(*_columns(train)), options.batch_size, options.seed
        )
        self._rows = {
            name: self.agent.examples(*_columns(part))
            for name, part in self.parts.items()
        }

    def validate(self, epoch: int, step: int) -> dict[str, float]:
        """Gives loss and perplexity of the validation replies."""
        return mean_loss(self.model, self._rows["validation"])

    def finish(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Measures and writes the test replies once, and prints it all."""
        test, agent = self.parts["test"], self.agent
        others = other_histories(test, self.options.seed)
        shuffled = agent.examples(others, [one.reply for one in test])
        metrics = mean_loss(self.model, self._rows["test"])
        metrics["shuffled_perplexity"] = mean_loss(self.model, shuffled)["perplexity"]
        metrics["unigram_perplexity"] = self._by_frequency()
        print(
            f"\nPerplexity of {len(test):,} test replies, a token, with the weights of"
        )
        print(f"epoch {epoch} (the lowest loss in validation):")
        for name, key in (
            ("this agent, given the dialogue", "perplexity"),
            ("this agent, given another dialogue", "shuffled_perplexity"),
            ("frequency of each token alone", "unigram_perplexity"),
        ):
            print(f"{name:36}{metrics[key]:8.1f}")
        metrics |= self._variety(test[:_WRITTEN], monitor, epoch)
        return metrics

    def _by_frequency(self) -> float:
        """Gives the perplexity of a model that knows how frequent each token is."""
        size = self.model.config.vocab_size
        counts = np.ones(size)
        for row in self.agent.examples(*_columns(exchanges(self.data.train))):
            np.add.at(counts, row.labels[row.labels != NO_LABEL], 1)
        labels = np.concatenate([row.labels for row in self._rows["test"]])
        nats = -np.log(counts / counts.sum())[labels[labels != NO_LABEL]]
        return perplexity(float(nats.sum()), len(nats))

    def _variety(self, test, monitor: RunMonitor, epoch: int) -> dict[str, float]:
        """Writes replies to the test dialogues: how varied, and which."""
        histories = [one.history for one in test]
        replies = {
            "people": [one.reply for one in test],
            "greedy": self.agent.replies_to(histories),
            "drawn": self.agent.replies_to(histories, DRAWN, self.options.seed),
        }
        print(f"\n{len(test)} replies{'':24}distinct-1  distinct-2")
        metrics = {}
        for name, texts in replies.items():
            pieces = self.agent.tokenizer.encode(texts).to_list()
            found = [distinct(pieces, n) for n in (1, 2)]
            print(f"{name:32}{found[0]:12.3f}{found[1]:12.3f}")
            metrics |= {f"{name}_distinct_{n}": found[n - 1] for n in (1, 2)}
        lines = []
        for history, *three in zip(histories[:_SHOWN], *replies.values(), strict=False):
            lines += [*(f"- {turn}" for turn in history)]
            lines += [f"  {n}: {text}" for n, text in zip(replies, three, strict=True)]
            lines.append("")
        text = "\n".join(lines)
        print(f"\n{text}")
        monitor.text("test", epoch, "replies", f"```\n{text}\n```")
        return metrics


class ReplyBatches:
    """Batches by length: ``(token_ids, labels, weights)``, each (B, T).

    Weights are 1 for the tokens of replies and 0 for those of contexts and padding,
    whose labels are 0 and do not matter.

    Args:
        examples: from ``GenerativeAgent.examples``.
        batch_size: B.
        seed: of the order.
    """

    def __init__(self, examples: Sequence[Example], batch_size: int, seed: int):
        ids, labels = zip(*examples, strict=True)
        self._batches = BucketedBatches(ids, labels, batch_size, seed)

    def __len__(self) -> int:
        return len(self._batches)

    def __call__(self, epoch: int) -> tf.data.Dataset:
        return self._batches(epoch).map(weighted)


def weighted(token_ids, labels) -> tuple:
    """Turns labels with `NO_LABEL` into labels and weights."""
    return token_ids, tf.maximum(labels, 0), tf.cast(labels != NO_LABEL, tf.float32)


def make_agent(options, data: DialogueData) -> GenerativeAgent:
    """Reads a pretrained agent, or learns the pieces and makes a new one.

    Raises:
        ValueError, OSError: there is no such model, or sizes do not fit.
    """
    if options.pretrained:
        agent = GenerativeAgent.load(options.pretrained)
    else:
        turns = (turn for dialogue in data.train for turn in dialogue.turns)
        tokenizer = SentencePieceTokenizer.learn(
            turns, options.vocab_size, num_sentinels=0
        )
        config = GptConfig(
            vocab_size=tokenizer.vocab_size + NUM_MARKS,
            max_positions=options.max_length,
            hidden_size=options.hidden_size,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            dropout=options.dropout,
        )
        model = Gpt(config, options.seed, name="gpt")
        model.build()
        agent = GenerativeAgent(model, tokenizer, options.reply_length)
    print(f"{agent.model.count_params():,} parameters.")
    return agent


def mean_loss(model: Gpt, examples: Sequence[Example]) -> dict[str, float]:
    """Gives ``loss``, nats a token of the replies, and their ``perplexity``."""
    ids, labels = zip(*examples, strict=True)
    nats = tokens = 0.0
    for batch in BucketedBatches(ids, labels, _MEASURED, shuffle=False)(1):
        found = _sums(model, *weighted(*batch))
        nats, tokens = nats + float(found[0]), tokens + float(found[1])
    return {"loss": nats / tokens, "perplexity": perplexity(nats, int(tokens))}


def _columns(rows) -> tuple[list, list]:
    return [one.history for one in rows], [one.reply for one in rows]


@tf.function(reduce_retracing=True, autograph=False)
def _sums(model, token_ids, labels, weights):
    values = losses.cross_entropy(labels, model(token_ids, training=False)) * weights
    return tf.reduce_sum(values), tf.reduce_sum(weights)
