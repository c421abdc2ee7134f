"""Answers cut out of a passage: windows, marks, the best span."""

import itertools

import keras
import numpy as np
import pytest

from roots_tf.applications.span_extraction import SpanExtractor, best_spans
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import SpanClassifier
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOKENS = [
    *SPECIAL_TOKENS,
    *LETTERS,
    *(f"##{x}" for x in LETTERS),
    *"深圳在广东很大。？",
]
ENGLISH = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
CHINESE = "深圳在广东。深圳  很大。"


def make_extractor(max_length=12, longest=30):
    keras.utils.set_random_seed(0)
    config = BertConfig.tiny(len(TOKENS), hidden_size=16, max_positions=32)
    model = SpanClassifier(Bert(config))
    model.build()
    return SpanExtractor(model, WordPieceTokenizer(TOKENS), max_length, longest)


@pytest.fixture(scope="module")
def extractor():
    return make_extractor()


def text_of(window, passage):
    """The passage's characters that a window has."""
    return passage[window.places[0, 0] : window.places[-1, 1]]


def test_windows_have_the_question_and_overlap_by_half(extractor):
    windows = extractor.encode(["x y", "深圳？"], [ENGLISH, CHINESE])

    ids = {token: number for number, token in enumerate(TOKENS)}
    for window in windows:
        question, passage = (("x y", ENGLISH), ("深圳？", CHINESE))[window.question]
        asked = [ids[c] for c in question if c != " "]
        inside = [ids[c] for c in text_of(window, passage) if c != " "]
        assert window.token_ids.tolist() == [2, *asked, 3, *inside, 3]
        assert window.first == len(asked) + 2
    # 12 less [CLS] x y [SEP] [SEP] leaves 7 tokens, in steps of 3.
    assert [text_of(w, ENGLISH)[0] for w in windows if not w.question] == [
        *("a", "d", "g", "j", "m", "p", "s", "v")
    ]


@pytest.mark.parametrize("length", range(9))
def test_every_token_of_a_passage_is_in_a_window(extractor, length):
    passage = ENGLISH[: 2 * length]

    windows = extractor.encode(["q"], [passage])

    seen = {place for w in windows for place in w.places[:, 0].tolist()}
    assert seen == set(range(0, 2 * length, 2))
    assert len(windows) == (0 if not length else 1)


def test_a_long_question_leaves_room_for_the_passage(extractor):
    (window,) = extractor.encode([ENGLISH], ["b"])

    assert window.token_ids.tolist() == [2, 5, 6, 7, 8, 3, 6, 3]  # a third of 12


def test_marks_are_at_the_first_and_last_token_of_the_answer(extractor):
    (window,) = extractor.encode(["深？"], [CHINESE[:6]])

    marks = extractor.marks(window, CHINESE.index("广东"), 2)

    # [CLS] 深 ？ [SEP] 深 圳 在 广 东 。 [SEP]
    assert marks.tolist() == [0, -1, -1, -1, 0, 0, 0, 1, 2, 0, -1]


def test_an_answer_of_one_token_has_both_marks_and_part_of_a_word_counts(extractor):
    (window,) = extractor.encode(["x"], ["ab c"])  # a ##b c

    assert extractor.marks(window, 3, 1)[window.first : -1].tolist() == [0, 0, 3]
    assert extractor.marks(window, 1, 1)[window.first : -1].tolist() == [0, 3, 0]


def test_a_window_without_all_of_the_answer_points_at_cls(extractor):
    windows = extractor.encode(["x y"], [ENGLISH])
    start = ENGLISH.index("f g h")

    marks = [extractor.marks(window, start, 5) for window in windows]

    for window, row in zip(windows, marks, strict=True):
        whole = "f g h" in text_of(window, ENGLISH)
        assert row[0] == (0 if whole else 3)
        assert sorted(row[window.first : -1])[-2:] == ([1, 2] if whole else [0, 0])
    assert sum(row[0] == 0 for row in marks) == 1


def test_the_best_span_is_that_of_a_search_of_all():
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 30, 9))
    start[:, :2] = end[:, :2] = -np.inf  # the question
    for longest in (1, 3, 20):
        first, last, score = best_spans(start, end, longest)

        for row in range(30):
            spans = itertools.product(range(2, 9), repeat=2)
            allowed = [(i, j) for i, j in spans if i <= j < i + longest]
            best = max(allowed, key=lambda s: start[row, s[0]] + end[row, s[1]])
            assert (first[row], last[row]) == best
            assert score[row] == start[row, best[0]] + end[row, best[1]]


def test_an_answer_is_the_best_span_of_all_windows_by_the_formula(extractor):
    """The softmax goes over [CLS] and the passage, redone in NumPy."""
    passages = [ENGLISH, CHINESE]
    windows = extractor.encode(["x y", "深圳？"], passages)

    found = extractor.predict(["x y", "深圳？"], passages)

    best = [(-np.inf, None)] * 2
    for w in windows:
        segments = np.int32([[0] * w.first + [1] * (len(w.token_ids) - w.first)])
        inputs = {"token_ids": w.token_ids[None], "segment_ids": segments}
        outputs = extractor.model(inputs, training=False)
        log_p = []
        for name in ("start_logits", "end_logits"):
            logits = keras.ops.convert_to_numpy(outputs[name])[0]
            kept = logits[[0, *range(w.first, len(logits) - 1)]]
            log_p.append((kept - np.log(np.exp(kept).sum()))[1:])
        count = len(w.places)
        for i, j in itertools.combinations_with_replacement(range(count), 2):
            span = (log_p[0][i] + log_p[1][j], w.places[i, 0], w.places[j, 1])
            best[w.question] = max(best[w.question], (span[0], span[1:]))
    for answer, (score, place), passage in zip(found, best, passages, strict=True):
        assert (answer.start, answer.end) == place
        assert answer.text == passage[answer.start : answer.end]
        assert answer.probability == pytest.approx(np.exp(score), rel=1e-4)  # float32


def test_an_answer_is_no_longer_than_allowed():
    extractor = make_extractor(longest=1)

    for answer in extractor.predict(["x", "圳"], [ENGLISH, CHINESE]):
        assert len(answer.text) == 1


def test_a_passage_without_a_token_has_no_answer(extractor):
    found = extractor.predict(["x", "x", ""], ["", " \u200b ", "b"])

    assert [answer.text for answer in found] == ["", "", "b"]
    assert [answer.probability > 0 for answer in found] == [False, False, True]
    assert extractor.predict([], []) == []


def test_a_saved_extractor_answers_the_same(extractor, tmp_path):
    extractor.save(tmp_path / "model")

    loaded = SpanExtractor.load(tmp_path / "model")

    asked = (["x y", "深圳？"], [ENGLISH, CHINESE])
    for found, expected in zip(
        loaded.predict(*asked), extractor.predict(*asked), strict=True
    ):
        assert found[:3] == expected[:3]


def test_parts_that_do_not_fit_are_refused(extractor):
    model, tokenizer = extractor.model, extractor.tokenizer

    with pytest.raises(ValueError, match="expected a length of 8 to 32 tokens, .* 7"):
        SpanExtractor(model, tokenizer, 7, 30)
    with pytest.raises(ValueError, match="answers of 1 token or more, got 0"):
        SpanExtractor(model, tokenizer, 12, 0)
    with pytest.raises(ValueError, match="a passage for each of 1 questions, got 0"):
        extractor.predict(["x"], [])
    with pytest.raises(ValueError, match="lone surrogate"):
        extractor.predict(["x"], ["\udce9"])
