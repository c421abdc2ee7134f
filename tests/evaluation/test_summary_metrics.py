"""ROUGE: worked examples, and the formulas redone for Chinese characters."""

from collections import Counter

import numpy as np
import pytest

from roots_tf.evaluation.summary_metrics import METRICS, rouge_scores, rouge_units


def f1(shared, summary, reference):
    return 2 * shared / (summary + reference) if shared else 0.0


def common_subsequence(a, b):
    """Length of the longest one, by the recursion of Lin 2004, §3."""
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best = max(table[i, j + 1], table[i + 1, j])
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else best
    return table[-1, -1]


def by_hand(summary, reference):
    found = {}
    for n in (1, 2):
        grams = [
            Counter(zip(*(units[k:] for k in range(n)), strict=False))
            for units in (summary, reference)
        ]
        shared = sum((grams[0] & grams[1]).values())
        found[f"rouge{n}"] = f1(shared, *(sum(one.values()) for one in grams))
    shared = common_subsequence(summary, reference)
    return {**found, "rougeL": f1(shared, len(summary), len(reference))}


def test_the_example_of_the_paper():
    # Lin 2004, §3.1: S1 "police killed the gunman", S2 "police kill the gunman", S3
    # "the gunman kill police"; ROUGE-L of S2 3/4 and of S3 2/4 without stems. With them
    # killed is kill, and S2 is S1.
    scores = rouge_scores(
        ["police kill the gunman", "the gunman kill police"],
        ["police killed the gunman"] * 2,
        "en",
    )

    assert scores["rougeL"].tolist() == [1.0, 0.5]
    assert scores["rouge1"].tolist() == [1.0, 1.0]


def test_chinese_is_scored_by_characters():
    pairs = [
        ("深度学习综述", "深度神经网络学习方法综述"),
        ("基于BERT的3种方法", "基于bert的方法"),
        ("无关", "相同"),
        ("", "空"),
    ]

    scores = rouge_scores(*map(list, zip(*pairs, strict=True)), "zh")

    for row, pair in enumerate(pairs):
        expected = by_hand(*(rouge_units(text, "zh") for text in pair))
        found = {name: scores[name][row] for name in METRICS}
        assert found == pytest.approx(expected, abs=1e-12)


def test_units_of_chinese_are_characters_and_runs_of_others():
    units = rouge_units("用 GPT-2写诗，x_1 很好！", "zh")

    assert units == ["用", "gpt", "2", "写", "诗", "x", "1", "很", "好"]


@pytest.mark.parametrize(
    "texts, references", [([], []), (["a"], []), (["a"], ["b"] * 2)]
)
def test_not_one_reference_for_each_is_refused(texts, references):
    with pytest.raises(ValueError, match="expected a reference for each of 1 or more"):
        rouge_scores(texts, references, "en")
