"""Exercises on classification, translation and question answering.

Article: §6, (1) to (3): here §6.1, §6.2 and §6.3.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _probabilities(counts, W, b):
    e = np.exp(counts @ W + b)
    return e / e.sum()


def _drawn_bag(random):
    counts = random.integers(0, 4, 6).astype(float)
    return counts, random.normal(size=(6, 3)), random.normal(size=3)


def _differing_texts():
    from roots_tf.evaluation.significance import mcnemar_test

    return next(c for c in range(1, 99) if mcnemar_test([True] * c, [False] * c) < 0.05)


def _bleu():
    from roots_tf.evaluation.translation_metrics import translation_scores

    hypothesis, reference = "the cat sat on a mat", "the cat sat on the mat"
    return translation_scores([hypothesis], [[reference]], "en")["bleu"]


def _parameters_of_attention():
    from roots_tf.recurrent.seq2seq import Seq2SeqConfig

    without, with_it = (
        Seq2SeqConfig(8_000, 256, 256, attention).parameter_count
        for attention in (False, True)
    )
    return with_it - without


def _weight_of_the_only_state():
    score = np.random.default_rng(0).normal(size=1)
    return np.exp(score) / np.exp(score).sum()


def _seen_sentences(train, test):
    seen = {text for pair in train for text in pair}
    return len({text for pair in test for text in pair} & seen)


def _seen_with_repeats(train, test):
    seen = {text for pair in train for text in pair}
    return sum(text in seen for pair in test for text in pair)


def _drawn_pairs(random):
    count = int(random.integers(30, 100))
    pairs = [(f"句{n}", f"s{m}") for n, m in random.integers(25, size=(count, 2))]
    return pairs[: count // 2], pairs[count // 2 :]


def _twice_beside_once():
    from roots_tf.applications.bm25 import Bm25

    texts, ratios = ["file", "file file", "another"], []
    for options in ({"k1": 0}, {"k1": 1e6, "b": 0}):
        (scores,) = Bm25.index(texts, **options).scores(["file"])
        ratios.append(scores[1] / scores[0])
    return ratios


def _half_or_second():
    from roots_tf.evaluation import retrieval_metrics as metrics

    systems = np.array([1, np.inf] * 50), np.full(100, 2.0)
    found = [metrics.mean_reciprocal_rank(ranks) for ranks in systems]
    return [*found, *(metrics.recall_at(ranks, 5) for ranks in systems)]


def _pull(right, other, tau):
    return -1 / tau / (1 + np.exp((right - other) / tau))


def _drawn_cosines(random):
    return *random.uniform(-1, 1, 2), random.uniform(0.1, 1.5)


EXERCISES = {
    "06_1_text_classification": {
        1: Exercise(
            "a function of counts (V,), W (V, C) and b (C,) that gives (C,)",
            _probabilities,
            {
                "those are logits: softmax is missing": lambda x, W, b: x @ W + b,
                "the bias is missing": lambda x, W, b: _probabilities(x, W, 0),
                "probabilities sum to 1": lambda x, W, b: np.exp(x @ W + b),
                "count a word as often as it is there": (
                    lambda x, W, b: _probabilities(np.minimum(x, 1), W, b)
                ),
            },
            draw=_drawn_bag,
            tolerance=1e-5,
        ),
        2: OPEN,
        3: Exercise(
            "how many texts more, a number",
            _differing_texts,
            {
                "that is one-sided; two-sided p is twice as large": 5,
                "the test counts the texts on which the two differ, not 5 % of all": 17,
            },
            tolerance=1e-6,
        ),
        4: OPEN,
    },
    "06_2_machine_translation": {
        1: Exercise(
            "BLEU, from 0 to 100",
            _bleu,
            {
                "BLEU is given from 0 to 100 here": lambda: _bleu() / 100,
                "that is the share of single words; pairs, triples, fours count too": (
                    500 / 6
                ),
                "the mean is geometric": 100 * (5 / 6 + 3 / 5 + 2 / 4 + 1 / 3) / 4,
                "the fourth root is missing": 100 * 5 / 6 * 3 / 5 * 2 / 4 * 1 / 3,
            },
        ),
        2: Exercise(
            "a number of parameters",
            _parameters_of_attention,
            {
                "W_a is D by 2 D: the encoder has two directions": 256**2 * 3,
                "that is W_a; what of W_c, which is wider?": 2 * 256**2,
                "one matrix D by D is not all": 256**2,
            },
            tolerance=1e-6,
        ),
        3: Exercise(
            "a_t, a number",
            _weight_of_the_only_state,
            {
                "softmax of a single score, whatever that is": 0,
                "weights over one state sum to 1": 0.5,
            },
        ),
        4: Exercise(
            "alpha, a number",
            lambda: np.log(6 / 5) / np.log(13 / 10),
            {
                "the other way round: (13 / 10)^alpha = 6 / 5": (
                    lambda: np.log(13 / 10) / np.log(6 / 5)
                ),
                "the penalty is ((5 + length) / 6)^alpha": (
                    lambda: np.log(6 / 5) / np.log(8 / 5)
                ),
            },
        ),
        5: Exercise(
            "a function of the pairs of training and of test that gives a number",
            _seen_sentences,
            {
                "pairs differ even where one of their sentences is the same": (
                    lambda train, test: len(set(train) & set(test))
                ),
                "count each sentence of the test once": _seen_with_repeats,
                "a sentence of either language may have been seen": (
                    lambda train, test: len(
                        {p[0] for p in train} & {p[0] for p in test}
                    )
                ),
            },
            draw=_drawn_pairs,
            tolerance=1e-6,
        ),
    },
    "06_3_question_answering": {
        1: Exercise(
            "two numbers, for k1 = 0 and for a very large k1",
            _twice_beside_once,
            {
                "for k1 = 0 the fraction is 1, not 0": [0, 2],
                "with k1 a repeated term stops counting slowly; a large one is slow": (
                    [1, 1]
                ),
                "the other way round": [2, 1],
            },
        ),
        2: Exercise(
            "four numbers: MRR of the first and the second, recall@5 of both",
            _half_or_second,
            {
                "rank 2 is among the first five": [0.5, 0.5, 0.5, 0.5],
                "what is never found is not among the first five": [0.5, 0.5, 1, 1],
                "rank 2 counts 1 / 2": [0.5, 1, 0.5, 1],
                "what is never found counts 0": [1, 0.5, 0.5, 1],
                "first MRR of both, then recall@5 of both": [0.5, 0.5, 0.5, 1][::-1],
            },
        ),
        3: OPEN,
        4: Exercise(
            "a function of c_11, c_12 and tau",
            _pull,
            {
                "the sign is wrong: a larger c_11 lowers the loss": (
                    lambda c, d, tau: -_pull(c, d, tau)
                ),
                "the cosine is divided by tau: so is its gradient": (
                    lambda c, d, tau: tau * _pull(c, d, tau)
                ),
                "that is the probability of the right text; its gradient is p - 1": (
                    lambda c, d, tau: -1 / tau - _pull(c, d, tau)
                ),
                "the temperature is missing altogether": lambda c, d, t: _pull(c, d, 1),
            },
            draw=_drawn_cosines,
            tolerance=1e-6,
        ),
    },
}
