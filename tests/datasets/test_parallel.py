"""Sentence pairs: the sets as they are read, and that no sentence is in two parts."""

import csv
import gzip
import random

import pytest

from roots_tf.datasets.parallel import (
    PARALLEL_SETS,
    SentencePair,
    divide_pairs,
    load_parallel,
)
from roots_tf.datasets.splits import PARTS, text_digest

TATOEBA = "mt_zh_en/tatoeba_cmn_eng.tsv.gz"


def sentences_of(data, part, side):
    return {text_digest(pair[side]) for pair in getattr(data, part)}


def assert_apart(data):
    for side in (0, 1):
        train, validation, test = (sentences_of(data, part, side) for part in PARTS)
        assert not train & validation | train & test | validation & test


def pairs_with_shared_sentences(count=400):
    """Random pairs of few sentences, so that many have a neighbour or two."""
    draw = random.Random(0)
    return [
        SentencePair(f"句{draw.randrange(count)}", f"s{draw.randrange(count)}")
        for _ in range(count)
    ]


def write(path, rows, delimiter=","):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def test_the_projects_pairs_are_all_read_and_keep_apart():
    data = load_parallel("parallel_zh_en")

    assert (data.source, data.target, data.changes) == ("zh", "en", {})
    assert len(data.train) + len(data.validation) + len(data.test) >= 800
    assert_apart(data)


def test_the_other_direction_has_the_same_parts_with_the_sides_exchanged():
    there = load_parallel("parallel_zh_en")
    back = load_parallel("parallel_zh_en", "en", "zh")

    for part in PARTS:
        exchanged = [pair[::-1] for pair in getattr(back, part)]
        assert list(getattr(there, part)) == exchanged
    assert there.content_hash != back.content_hash


def test_pairs_that_share_a_sentence_even_by_way_of_others_are_in_one_part():
    pairs = pairs_with_shared_sentences()

    divided, dropped = divide_pairs({"all": pairs}, by=1)

    for side in (0, 1):
        parts = [{pair[side] for pair in divided[part]} for part in PARTS]
        assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    assert all(divided.values())
    assert sum(map(len, divided.values())) == len(set(pairs))
    assert dropped["repeated pair dropped"] == len(pairs) - len(set(pairs))


def test_a_part_depends_on_neither_the_order_of_the_pairs_nor_the_direction():
    pairs = pairs_with_shared_sentences()
    backwards = [pair[::-1] for pair in reversed(pairs)]

    divided, _ = divide_pairs({"all": pairs}, by=1)
    again, _ = divide_pairs({"all": backwards}, by=0)

    for part in PARTS:
        assert {pair[::-1] for pair in again[part]} == set(divided[part])


def test_given_parts_stay_and_give_way_to_test():
    pair = SentencePair
    parts = {
        "train": [pair("一", "one"), pair("二", "two"), pair("三", "Three"), ("", "x")],
        "validation": [pair("四", "four"), pair("二", "2"), pair("两", "test")],
        "test": [pair("试", "test"), pair("叁", "three")],
    }

    divided, dropped = divide_pairs(parts, by=1)

    assert divided["test"] == parts["test"]
    assert divided["validation"] == [("四", "four"), ("二", "2")]
    assert divided["train"] == [("一", "one")]
    assert dropped == {
        "pair with a sentence of another part dropped": 3,
        "empty sentence dropped": 1,
    }


def test_tatoeba_is_english_chinese_and_credit_without_a_header(tmp_path):
    (tmp_path / "mt_zh_en").mkdir()
    rows = [f'I have {n} "cats."\t我有{n}只猫。\tCC-BY 2.0' for n in range(50)]
    (tmp_path / TATOEBA).write_bytes(gzip.compress("\n".join(rows).encode()))

    data = load_parallel("tatoeba", data_dir=tmp_path)

    found = {pair for part in PARTS for pair in getattr(data, part)}
    assert found == {(f"我有{n}只猫。", f'I have {n} "cats."') for n in range(50)}


@pytest.mark.parametrize("suffix, delimiter", [("csv", ","), ("tsv", "\t")])
def test_own_data_has_a_column_for_each_language(tmp_path, suffix, delimiter):
    rows = [("en", "note", "de")] + [(f"a {n}", "-", f"ein {n}") for n in range(60)]
    path = write(tmp_path / f"own.{suffix}", rows, delimiter)

    data = load_parallel(str(path), "de", "en")

    assert data.name == "own"
    assert {data.source, data.target} == {"de", "en"}
    assert all(p.source.replace("ein", "a") == p.target for p in data.train)


@pytest.mark.parametrize(
    "name, languages, message",
    [
        ("tatoba", ("zh", "en"), "did you mean tatoeba"),
        ("parallel_zh_en", ("zh", "fr"), "expected source and target of zh, en"),
        ("parallel_zh_en", ("zh", "zh"), "expected two languages, got 'zh' twice"),
        ("few.csv", ("zh", "en"), "expected pairs in every part, got none in"),
        ("few.csv", ("zh", "fr"), "expected a column 'fr' in the header"),
    ],
)
def test_what_is_no_parallel_data_is_refused(
    name, languages, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "few.csv", [("zh", "en"), ("一", "one")])

    with pytest.raises(ValueError, match=message):
        load_parallel(name, *languages)


def test_the_public_sets_are_read_whole_and_keep_apart(real_data):
    for name in PARALLEL_SETS[1:]:
        data = load_parallel(name, data_dir=real_data)

        assert_apart(data)
        sizes = [len(getattr(data, part)) for part in PARTS]
        assert min(sizes) > 900
        assert sum(sizes) + sum(data.changes.values()) in (28_155, 25_931)
