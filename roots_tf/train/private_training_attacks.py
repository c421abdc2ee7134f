"""What the privacy script asks of a trained model: perplexity, secrets, members.

Article: §8.4 (隐私保护与安全性).
"""

import dataclasses

import numpy as np
import tensorflow as tf

from roots_tf.evaluation.perplexity import perplexity
from roots_tf.optimization.losses import cross_entropy
from roots_tf.train.private_training_data import Examples, PrivateData, make_examples
from roots_tf.trends.canaries import rank
from roots_tf.trends.membership_inference import attack_by_loss

_MEASURED = 256  # examples a batch


def attacks(model, data: PrivateData, options) -> dict:
    """Measures a model, as JSON has it.

    Returns:
        ``perplexity`` of texts never seen and ``member_perplexity``; ``ranks`` of the
        secrets; ``auc`` of membership with its interval, and ``caught``, the share of
        members found at 1 % false alarms, canaries left out.
    """
    texts = len(data.members) - len(data.canaries)
    losses = []
    for part, count in ((data.members, texts), (data.others, None)):
        nats, tokens = nats_of(model, part)
        losses.append((nats / tokens)[:count])
    attack = attack_by_loss(*losses, seed=options.seed)
    return {
        "perplexity": perplexity_of(model, data.others),
        "member_perplexity": perplexity_of(model, data.members),
        "ranks": canary_ranks(model, data, options.context),
        "auc": dataclasses.asdict(attack.auc),
        "caught": attack.caught,
    }


def canary_ranks(model, data: PrivateData, context: int) -> list[int]:
    """Gives the rank of each planted secret among its candidates."""
    ranks = []
    for canary in data.canaries:
        candidates = make_examples(data.tokenizer, canary.candidates(), context)
        ranks.append(rank(nats_of(model, candidates)[0], canary.secret))
    return ranks


def perplexity_of(model, examples: Examples) -> float:
    """Gives the perplexity over all tokens of some texts."""
    nats, tokens = nats_of(model, examples)
    return perplexity(float(nats.sum()), int(tokens.sum()))


def nats_of(model, examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Gives the loss of each text in nats, (N,), and its tokens, (N,)."""
    nats = []
    for start in range(0, len(examples), _MEASURED):
        batch = examples.rows(slice(start, start + _MEASURED))
        nats.append(_nats_of_batch(model, *batch).numpy())
    return np.concatenate(nats), examples.weights.sum(axis=1)


@tf.function(reduce_retracing=True, autograph=False)
def _nats_of_batch(model, token_ids, targets, weights):
    nats = cross_entropy(targets, model(token_ids, training=False))
    return tf.reduce_sum(weights * nats, axis=1)  # (B, T) -> (B,)
