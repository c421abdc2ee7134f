"""Entity scores against seqeval and conlleval's conventions."""

import numpy as np
import pytest
from seqeval import metrics as seqeval_metrics
from seqeval.metrics.sequence_labeling import get_entities

from roots_tf.evaluation.entity_metrics import decode_spans, entity_scores

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "I-MISC-2"]


def random_sentences(seed, count=40):
    """Sentences of random tags, which break BIO at almost every step."""
    rng = np.random.default_rng(seed)
    return [list(rng.choice(TAGS, rng.integers(1, 15))) for _ in range(count)]


def corrupted(sentences, seed):
    rng = np.random.default_rng(seed)
    return [
        [tag if rng.random() < 0.8 else rng.choice(TAGS) for tag in tags]
        for tags in sentences
    ]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([], []),
        (["O", "O"], []),
        (["B-A", "I-A", "O", "B-A"], [("A", 0, 2), ("A", 3, 4)]),
        (["B-A", "B-A"], [("A", 0, 1), ("A", 1, 2)]),
        (["I-A", "I-A"], [("A", 0, 2)]),  # broken: no B
        (["B-A", "I-B"], [("A", 0, 1), ("B", 1, 2)]),  # broken: the type changes
        (["B-A", "O", "I-A"], [("A", 0, 1), ("A", 2, 3)]),  # broken: after O
    ],
)
def test_spans_follow_conlleval(tags, spans):
    assert decode_spans(tags) == spans


def test_spans_of_random_tags_equal_seqeval():
    for tags in random_sentences(seed=0, count=200):
        spans = decode_spans(tags)

        inclusive = [(kind, start, end - 1) for kind, start, end in spans]
        assert inclusive == get_entities([str(tag) for tag in tags])


@pytest.mark.parametrize("seed", range(5))
def test_scores_of_random_tags_equal_seqeval(seed):
    true = random_sentences(seed)
    predicted = corrupted(true, seed + 100)

    scores = entity_scores(true, predicted)

    expected = seqeval_metrics.classification_report(
        true, predicted, output_dict=True, zero_division=0
    )
    for ours, theirs in [
        (scores, expected["micro avg"]),
        *((scores["types"][kind], expected[kind]) for kind in scores["types"]),
    ]:
        assert ours["precision"] == pytest.approx(theirs["precision"])
        assert ours["recall"] == pytest.approx(theirs["recall"])
        assert ours["f1"] == pytest.approx(theirs["f1-score"])
        assert ours["support"] == theirs["support"]
    assert set(scores["types"]) == set(expected) - {
        "micro avg",
        "macro avg",
        "weighted avg",
    }


def test_an_entity_counts_only_with_type_and_both_borders():
    true = [["B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"]]
    predicted = [["B-PER", "O", "O", "B-PER", "O", "B-LOC"]]

    scores = entity_scores(true, predicted)

    assert (scores["precision"], scores["recall"]) == (1 / 3, 1 / 3)
    assert scores["types"]["LOC"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }


def test_without_entities_every_score_is_zero():
    scores = entity_scores([["O"], []], [["O"], []])

    assert scores == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "support": 0,
        "types": {},
    }


@pytest.mark.parametrize("tag", ["", "B", "B-", "E-PER", "PER", "o"])
def test_tags_that_are_not_bio_are_refused(tag):
    with pytest.raises(ValueError, match="expected 'O', 'B-<type>' or 'I-<type>'"):
        decode_spans(["O", tag])


@pytest.mark.parametrize("predicted", [[["O"]], [["O", "O"], ["O"]]])
def test_sentences_of_other_lengths_are_refused(predicted):
    with pytest.raises(ValueError, match="as many predicted tags as true tags"):
        entity_scores([["O", "O"]], predicted)
