"""Tagging sets: the published entities, in three parts that share no sentence."""

import gzip
import json
import re

import numpy as np
import pytest
from seqeval.metrics.sequence_labeling import get_entities

from roots_tf.datasets.tagging import TaggedSentences, load_tagging
from roots_tf.datasets.tagging_files import TAGGING_READERS

CLUENER_TYPES = {
    *("address", "book", "company", "game", "government"),
    *("movie", "name", "organization", "position", "scene"),
}
TYPES = {
    "cluener": CLUENER_TYPES,
    "msra": {"LOC", "ORG", "PER"},
    "wnut17": {
        *("corporation", "creative-work", "group", "location", "person", "product"),
    },
}


@pytest.fixture(scope="module")
def load(real_data):
    loaded = {}

    def load_once(name):
        if name not in loaded:
            loaded[name] = load_tagging(name, real_data)
        return loaded[name]

    return load_once


def parts_of(data):
    return (data.train, data.validation, data.test)


def write_wnut17(folder, train):
    (folder / "ner_en").mkdir()
    path = folder / "ner_en/wnut17_train.conll"
    path.write_bytes(train.encode() if isinstance(train, str) else train)
    (folder / "ner_en/wnut17_dev.conll").write_text("dev\tO\n")
    (folder / "ner_en/wnut17_test.conll").write_text("test\tB-x\nlast\tI-x")
    return path


def write_cluener(folder, *rows):
    (folder / "ner_zh").mkdir()
    train = [{"text": f"第{i}句", "label": {}} for i in range(40)]
    path = folder / "ner_zh/cluener_train.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join([*lines, *map(json.dumps, train)]))
    dev = {"text": "测试", "label": {"name": {"测": [[0, 0]]}}}
    (folder / "ner_zh/cluener_dev.jsonl").write_text(json.dumps(dev))
    return path


def refusal(name, folder) -> str:
    with pytest.raises(ValueError) as caught:
        load_tagging(name, folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def find(data, tokens):
    for part in parts_of(data):
        for found, tags in zip(part.tokens, part.tags, strict=True):
            if found == tuple(tokens):
                return tags
    return None


@pytest.mark.parametrize("name", TAGGING_READERS)
def test_every_published_sentence_is_kept_or_counted_as_dropped(load, real_data, name):
    table = (real_data / "README.md").read_text(encoding="utf-8")
    counts = {
        file: int(rows)
        for file, rows in re.findall(
            rf"`ner_../({name}\S*)` \| (\d+) (?:rows|sentences)", table
        )
    }
    counts.pop("cluener_test.jsonl", None)  # has no labels

    data = load(name)

    kept = sum(map(len, parts_of(data)))
    dropped = sum(n for why, n in data.changes.items() if "text" in why)
    assert kept + dropped == sum(counts.values())
    if name != "msra":
        test = "cluener_dev.jsonl" if name == "cluener" else "wnut17_test.conll"
        assert len(data.test) == counts[test]


@pytest.mark.parametrize("name", TAGGING_READERS)
def test_tag_names_are_bio_tags_of_the_published_types(load, name):
    names = load(name).tag_names

    assert names[0] == "O"
    assert list(names[1:]) == sorted(names[1:])
    assert set(names[1:]) == {f"{b}-{t}" for b in "BI" for t in TYPES[name]}


@pytest.mark.parametrize("name", TAGGING_READERS)
def test_every_i_tag_continues_its_entity(load, name):
    for part in parts_of(load(name)):
        for tags in part.tags:
            for before, tag in zip(("O", *tags), tags, strict=False):
                assert tag[0] != "I" or before in (tag, "B" + tag[1:])


@pytest.mark.parametrize("name", TAGGING_READERS)
def test_no_sentence_is_in_two_parts(load, name):
    train, validation, test = (set(part.tokens) for part in parts_of(load(name)))

    assert not train & validation
    assert not (train | validation) & test


def test_cluener_spans_are_the_entities_that_seqeval_finds(load, real_data):
    data = load("cluener")
    lines = (real_data / "ner_zh/cluener_dev.jsonl").read_text().splitlines()

    for line, text, tags in zip(lines, data.test.tokens, data.test.tags, strict=True):
        row = json.loads(line)
        spans = {
            (kind, start, end)
            for kind, entities in row["label"].items()
            for places in entities.values()
            for start, end in places
        }
        assert "".join(text) == row["text"]
        assert set(get_entities(list(tags))) == spans


def test_wnut17_test_has_the_published_number_of_entities(load):
    """Source: Derczynski et al. 2017 (W17-4418): 1,079 entities in 1,287 sentences."""
    tags = load("wnut17").test.tags

    assert sum(len(get_entities(list(sentence))) for sentence in tags) == 1079


def test_msra_has_the_entities_that_seqeval_finds_in_the_file(load, real_data):
    data = load("msra")
    with gzip.open(real_data / "ner_zh/msra.tsv.gz", "rt", encoding="utf-8") as file:
        blocks = file.read().strip("\n").split("\n\n")
    published = {}
    for block in blocks:
        columns = [line.split("\t") for line in block.split("\n")]
        tokens, tags = zip(*columns, strict=True)
        published[tokens] = list(tags)

    sentences = list(zip(data.test.tokens, data.test.tags, strict=True))

    assert len(sentences) > 5000
    for tokens, tags in sentences:
        assert get_entities(list(tags)) == get_entities(published[tokens])


def test_an_i_tag_that_continues_nothing_opens_an_entity(tmp_path):
    train = "a\tI-x\nb\tI-x\nc\tI-y\n\nd\tO\ne\tI-x\n"
    write_wnut17(tmp_path, train + "".join(f"\n\t\nt{i}\tO\n" for i in range(20)))

    data = load_tagging("wnut17", tmp_path)

    assert find(data, "abc") == ("B-x", "I-x", "B-y")
    assert find(data, "de") == ("O", "B-x")
    assert data.changes == {"I- that continues nothing, read as B-": 3}
    assert data.test.tags == (("B-x", "I-x"),)


def test_of_overlapping_spans_the_longer_stays(tmp_path):
    label = {"name": {"王小": [[0, 1]]}, "company": {"小明店": [[1, 3]]}}
    write_cluener(tmp_path, {"text": "王小明店好", "label": label})

    data = load_tagging("cluener", tmp_path)

    tags = ("O", "B-company", "I-company", "I-company", "O")
    assert find(data, "王小明店好") == tags
    assert data.changes == {"overlapping span dropped": 1}


def test_the_content_hash_is_stable_and_sees_a_changed_tag(tmp_path):
    hashes = []
    for number, tag in enumerate(("B-x", "B-x", "O")):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_wnut17(folder, f"a\t{tag}\n")
        hashes.append(load_tagging("wnut17", folder).content_hash)

    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    "line", ["b", "b\t", "b\tX-x", "b\tB-", "\tO", "b O", "b\tO\tO"]
)
def test_a_line_that_is_not_token_and_tag_is_refused(tmp_path, line):
    path = write_wnut17(tmp_path, f"a\tO\n{line}\n")

    assert f"{path}, line 2: expected token, tab and" in refusal("wnut17", tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        "{",
        "[1]",
        {"text": "a"},
        {"text": "a", "label": {"name": {"a": [0, 0]}}},
        {"text": "a", "label": {"name": ["a"]}},
    ],
)
def test_a_row_that_is_not_text_and_spans_is_refused(tmp_path, row):
    path = write_cluener(tmp_path, row)

    assert f'{path}, line 1: expected {{"text"' in refusal("cluener", tmp_path)


def test_a_span_that_is_not_its_entity_is_refused(tmp_path):
    row = {"text": "王小明", "label": {"name": {"王小": [[1, 2]]}}}
    path = write_cluener(tmp_path, row)

    message = refusal("cluener", tmp_path)

    assert message == f"{path}, line 1: expected '王小' (name) at 1-2, got '小明'"


def test_invalid_utf8_is_refused(tmp_path):
    path = write_wnut17(tmp_path, b"a\xff\tO\n")

    message = refusal("wnut17", tmp_path)

    assert message == f"{path}: expected UTF-8 text, got byte 0xff at offset 1"


def test_a_part_without_sentences_is_refused(tmp_path):
    write_wnut17(tmp_path, "test\tO\nlast\tO\n")

    message = refusal("wnut17", tmp_path)

    assert message == "wnut17: expected sentences in train, got none"


def test_an_unknown_set_and_a_missing_one_are_refused(tmp_path):
    assert "did you mean cluener?" in refusal("clunner", tmp_path)

    with pytest.raises(FileNotFoundError, match="fetch wnut17"):
        load_tagging("wnut17", tmp_path)
    with pytest.raises(FileNotFoundError, match="by hand from https://"):
        load_tagging("msra", tmp_path)


def test_tags_that_do_not_fit_the_tokens_are_refused():
    with pytest.raises(ValueError, match="expected one tag for each token"):
        TaggedSentences((("a", "b"),), (("O",),))


def test_about_a_tenth_is_held_out_where_the_set_has_no_part_for_it(load):
    sizes = np.array([len(part) for part in parts_of(load("msra"))])
    shares = sizes / sizes.sum()

    np.testing.assert_allclose(shares, (0.8, 0.1, 0.1), atol=0.01)
