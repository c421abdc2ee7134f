"""TextRank: the sentences that have most in common with the others, nothing learned.

Sentences are the nodes of a graph, joined by what words they share:

    Sim(S_i, S_j) = |{w : w in S_i and w in S_j}| / (log |S_i| + log |S_j|)

A sentence is important if important ones are like it; with d = 0.85,

    WS(V_i) = (1 - d) + d sum_{j != i} w_ji / (sum_{k != j} w_jk) WS(V_j)

which is PageRank on a weighted graph, solved by putting in what comes out until it no
longer changes. The best sentences, in the order of the text, are the summary.

Article: §6 (4. 文本生成).
Source: Mihalcea and Tarau 2004, "TextRank: Bringing Order into Texts", §2.2, §4.1.
"""

from collections.abc import Sequence

import numpy as np

from roots_tf.applications.lead_summary import sentences_of
from roots_tf.evaluation.summary_metrics import rouge_units

DAMPING = 0.85

_MOST = 300  # sentences that are compared: the work grows with their square
_TOLERANCE = 1e-10


def textrank_summary(text: str, count: int, language: str) -> str:
    """Gives the ``count`` sentences that rank best, in their order.

    Of a text of over 300 sentences the first 300 are ranked. Words are ROUGE's units
    (Chinese: characters).
    """
    sentences = sentences_of(text, language)[:_MOST]
    words = [set(rouge_units(sentence, language)) for sentence in sentences]
    scores = textrank(similarities(words))
    best = sorted(np.argsort(-scores, kind="stable")[:count])
    joint = "" if language == "zh" else " "
    return joint.join(sentences[number] for number in best)


def similarities(sentences: Sequence[set[str]]) -> np.ndarray:
    """Gives Sim of each pair of sentences, (N, N) float64, 0 on the diagonal.

    |S| is here the number of different words. Two sentences of one word each, for which
    the formula divides by 0, are not joined.
    """
    count = len(sentences)
    found = np.zeros((count, count))
    logs = np.log([max(1, len(words)) for words in sentences])
    for i in range(count):
        for j in range(i):
            if logs[i] + logs[j] > 0:
                shared = len(sentences[i] & sentences[j])
                found[i, j] = found[j, i] = shared / (logs[i] + logs[j])
    return found


def textrank(weights: np.ndarray, damping: float = DAMPING) -> np.ndarray:
    """Gives WS of each node (N,) float64 of a graph without loops.

    Args:
        weights: w_ij of the edges, (N, N), symmetric, 0 or more. A node without edges
            gives nothing to others and keeps 1 - d.
        damping: d, from 0 to below 1.
    """
    degrees = weights.sum(axis=1, keepdims=True)  # (N, 1)
    steps = np.divide(weights, degrees, out=np.zeros_like(weights), where=degrees > 0)
    scores, before = np.ones(len(weights)), np.zeros(len(weights))
    while np.abs(scores - before).max(initial=0) > _TOLERANCE:
        scores, before = (1 - damping) + damping * steps.T @ scores, scores
    return scores
