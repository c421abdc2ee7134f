"""Texts are the same or not, and belong to one part."""

import hashlib
import random
import unicodedata

import pytest

from roots_tf.datasets.splits import content_hash, divide, hash_fraction, text_digest


def rows(*texts):
    return [(text, "label") for text in texts]


def texts_of(divided):
    return {part: [text for text, _ in found] for part, found in divided.items()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good film", "good  FILM\n"),
        ("ＧＯＯＤ！", "good!"),
        ("很好，１０分", "很好,10分"),
        ("e\u0301tat", "état"),
        ("a\u3000b", "a b"),
    ],
)
def test_texts_that_differ_in_form_alone_are_the_same(one, other):
    assert text_digest(one) == text_digest(other)


def test_a_digest_is_the_sha256_of_the_normal_form():
    text = "  Ｔｈｅ\tÉnd "

    expected = hashlib.sha256("the énd".encode()).digest()

    assert unicodedata.normalize("NFKC", "Ｔｈｅ") == "The"
    assert text_digest(text) == expected


def test_fractions_are_spread_evenly():
    fractions = [hash_fraction(text_digest(f"text {i}")) for i in range(10_000)]

    # Each tenth holds 1000 +- 30 (one standard deviation of the binomial): 5 of them.
    tenths = [sum(int(10 * f) == tenth for f in fractions) for tenth in range(10)]
    assert all(850 < count < 1150 for count in tenths)
    assert 0 <= min(fractions) and max(fractions) < 1


def test_one_list_of_rows_is_divided_80_10_10():
    divided, _ = divide({"all": rows(*(f"text {i}" for i in range(5_000)))})

    sizes = {part: len(found) for part, found in divided.items()}
    assert sum(sizes.values()) == 5_000
    assert abs(sizes["test"] - 500) < 5 * 21.3  # sqrt(5000 * .1 * .9) = 21.2
    assert abs(sizes["validation"] - 500) < 5 * 21.3


def test_the_part_of_a_text_depends_on_no_other_row():
    texts = [f"text {i}" for i in range(500)]
    shuffled = random.Random(1).sample(texts, 400)

    whole = texts_of(divide({"all": rows(*texts)})[0])
    some = texts_of(divide({"all": rows(*shuffled)})[0])

    for part in whole:
        assert set(some[part]) == set(whole[part]) & set(shuffled)


def test_of_repeated_texts_the_first_stays():
    divided, dropped = divide({"all": [("A b", "x"), ("a  B", "y"), ("c", "x")]})

    kept = sum(divided.values(), [])
    assert sorted(kept) == [("A b", "x"), ("c", "x")]
    assert dropped == {"repeated text dropped": 1}


def test_empty_texts_are_dropped_and_counted():
    divided, dropped = divide({"all": rows("a", "", " \n\u3000")})

    assert sum(map(len, divided.values())) == 1
    assert dropped == {"empty text dropped": 2}


def test_a_test_part_stays_whole_and_its_texts_leave_train():
    train = rows("seen", "own", "OWN", *(f"t{i}" for i in range(100)))
    test = rows("Seen", "seen", "new")

    divided, dropped = divide({"train": train, "test": test})

    assert texts_of(divided)["test"] == ["Seen", "seen", "new"]
    assert dropped == {
        "text of another part dropped": 1,
        "repeated text dropped": 1,
    }
    assert len(divided["train"]) + len(divided["validation"]) == 101
    assert 0 < len(divided["validation"]) < 30


def test_a_validation_part_is_kept_without_the_texts_of_test():
    parts = {
        "train": rows("a", "b", "c", "d"),
        "validation": rows("b", "x", "X"),
        "test": rows("x", "a"),
    }

    divided, dropped = divide(parts)

    assert texts_of(divided) == {
        "train": ["c", "d"],
        "validation": ["b"],
        "test": ["x", "a"],
    }
    assert sum(dropped.values()) == 4


def test_a_content_hash_sees_every_value_order_and_border():
    columns = [["ab", "c"], [b"\x01"]]

    hashes = {
        content_hash(changed)
        for changed in (
            columns,
            [["a", "bc"], [b"\x01"]],
            [["c", "ab"], [b"\x01"]],
            [["ab"], ["c"], [b"\x01"]],
            [["ab", "c", b"\x01"]],
            [["ab", "c"], [b"\x02"]],
        )
    }

    assert len(hashes) == 6
    assert content_hash(columns) in hashes
