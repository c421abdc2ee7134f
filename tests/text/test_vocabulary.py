"""The vocabulary: counting, limits, ids, and its file."""

import os
import random
from collections import Counter

import pytest

from roots_tf.text.vocabulary import PADDING, UNKNOWN, Vocabulary


def random_texts(seed: int) -> list[list[str]]:
    draw = random.Random(seed)
    words = [*"abcdefgh", "深度", "学习", "👩🏽‍💻", "naïve", "3.14"]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    return [draw.choices(words, weights, k=draw.randint(0, 30)) for _ in range(100)]


def a_file(tmp_path, text: str | bytes):
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_a_counter_and_fall(seed):
    texts = random_texts(seed)
    counter = Counter(token for text in texts for token in text)

    vocabulary = Vocabulary.build(texts)

    counted = dict(zip(vocabulary.tokens, vocabulary.counts, strict=True))
    assert counted == {PADDING: 0, UNKNOWN: 0, **counter}
    assert list(vocabulary.counts[2:]) == sorted(counter.values(), reverse=True)


def test_equal_counts_stand_in_the_order_of_their_code_points():
    texts = [["b", "学", "a", "é", "B", "c", "c"]]

    assert Vocabulary.build(texts).tokens[2:] == ("c", "B", "a", "b", "é", "学")
    assert Vocabulary.build([texts[0][::-1]]).tokens == Vocabulary.build(texts).tokens


def test_min_count_drops_the_rare_and_keeps_those_just_seen_often_enough():
    vocabulary = Vocabulary.build([list("aaabbc")], min_count=2)

    assert vocabulary.tokens[2:] == ("a", "b")


@pytest.mark.parametrize("max_size", [3, 4, 5, 100, None])
def test_max_size_counts_the_special_tokens(max_size):
    vocabulary = Vocabulary.build([list("aaabbc")], max_size=max_size)

    assert len(vocabulary) == min(max_size or 5, 5)
    assert vocabulary.tokens[2:] == tuple("abc")[: len(vocabulary) - 2]


def test_special_tokens_follow_in_their_order_and_are_not_counted():
    special = ("[CLS]", "[MASK]")
    text = ["[MASK]", "[PAD]", "[UNK]", "word"]

    vocabulary = Vocabulary.build([text], special_tokens=special)

    assert vocabulary.tokens == ("[PAD]", "[UNK]", "[CLS]", "[MASK]", "word")
    assert vocabulary.counts == (0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    "texts, options, message",
    [
        ([["a"]], {"max_size": 2}, "vocabulary size over 2 .* got 2"),
        ([["a"]], {"min_count": 2}, "seen 2 times or more, got none"),
        ([], {}, "got none"),
        ([["a b"]], {}, "without white space, got 'a b'"),
        ([["a\tb"]], {}, "without white space"),
        ([["a\u2028"]], {}, "without white space"),
        ([[""]], {}, "without white space, got ''"),
        ([["a"]], {"special_tokens": ("[PAD]",)}, r"once, got '\[PAD\]' twice"),
    ],
)
def test_what_makes_no_vocabulary_is_refused(texts, options, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.build(texts, **options)


def test_padding_and_unknown_must_come_first_with_one_count_each():
    with pytest.raises(ValueError, match="expected the first tokens"):
        Vocabulary(["a", "b"])
    with pytest.raises(ValueError, match="got 1 counts for 3 tokens"):
        Vocabulary([PADDING, UNKNOWN, "a"], [0])


def test_known_tokens_come_back_and_unknown_ones_become_one():
    vocabulary = Vocabulary.build([["学习", "a", "a"]])

    ids = vocabulary.encode(["a", "学习", "new"])

    assert ids.tolist() == [2, 3, 1]
    assert ids.dtype == "int32"
    assert vocabulary.decode([*ids, 0, 0]) == ["a", "学习", UNKNOWN]
    assert vocabulary.encode([]).shape == (0,)
    assert "a" in vocabulary and "new" not in vocabulary


@pytest.mark.parametrize("wrong", [-1, 4])
def test_an_id_outside_is_refused(wrong):
    with pytest.raises(ValueError, match=f"from 0 to 3, got {wrong}"):
        Vocabulary.build([["a", "b"]]).decode([wrong])


def test_the_unknown_rate_is_a_share_of_tokens():
    vocabulary = Vocabulary.build([["a"]])

    assert vocabulary.unknown_rate([["a", "b"], [], ["a", "c"]]) == 0.5
    assert vocabulary.unknown_rate([[]]) == 0.0


def test_a_saved_vocabulary_is_read_back_the_same(tmp_path):
    odd = ["👩🏽‍💻", "\u0301", '"', "#", "[CLS]", "1", "\\t", "\ufeff", "\x00", "'"]
    vocabulary = Vocabulary.build([*random_texts(0), odd])

    vocabulary.save(tmp_path / "vocabulary.txt")
    loaded = Vocabulary.load(tmp_path / "vocabulary.txt")

    assert (loaded.tokens, loaded.counts) == (vocabulary.tokens, vocabulary.counts)
    assert [path.name for path in tmp_path.iterdir()] == ["vocabulary.txt"]


def test_the_file_is_plain_text_whose_lines_are_the_ids(tmp_path):
    Vocabulary.build([["学习", "b", "b"]]).save(tmp_path / "v.txt")

    assert (tmp_path / "v.txt").read_bytes() == (
        "[PAD]\t0\n[UNK]\t0\nb\t2\n学习\t1\n".encode()
    )


@pytest.mark.parametrize(
    "line",
    ["word", "\t3", "a\tb", "a\t1\t2", "a\t-1", "a\t1.5", "a 3", "", "a\t1\r", "a\t²"],
)
def test_a_damaged_line_is_refused_by_its_number(tmp_path, line):
    path = a_file(tmp_path, f"[PAD]\t0\n[UNK]\t0\n{line}\nb\t1\n")

    with pytest.raises(ValueError, match=r"vocabulary.txt, line 3: expected") as caught:
        Vocabulary.load(path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"[PAD]\t0\n[UNK]\t0\n\xff\xfe\t1\n", "line 3: expected .* in UTF-8"),
        ("[PAD]\t0\n[UNK]\t0\na\t1\na\t1\n", "got 'a' twice"),
        ("[PAD]\t0\n[UNK]\t0\na b\t1\n", "without white space"),
        ("a\t1\nb\t1\n", "expected the first tokens"),
        ("", "expected the first tokens"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused_by_its_name(
    tmp_path, content, message
):
    with pytest.raises(ValueError, match=rf"vocabulary.txt.*{message}"):
        Vocabulary.load(a_file(tmp_path, content))


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Vocabulary.load(tmp_path / "none.txt")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "vocabulary.txt"
    Vocabulary.build([["old"]]).save(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            Vocabulary.build([["new"]]).save(path)
    with pytest.raises(UnicodeEncodeError):
        Vocabulary.build([["\udcff"]]).save(path)

    assert Vocabulary.load(path).tokens[2:] == ("old",)
    assert [one.name for one in tmp_path.iterdir()] == ["vocabulary.txt"]
