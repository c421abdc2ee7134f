"""Classification sets: the published rows, in three parts that share no text."""

import csv
import gzip
import hashlib
import re
import unicodedata

import numpy as np
import pandas
import pytest

from roots_tf.datasets.classification import (
    CLASSIFICATION_SETS,
    TextClassificationData,
    TextExamples,
    load_classification,
)

SENTIMENT = ("negative", "positive")
THUCNEWS = (
    *("finance", "realty", "stocks", "education", "science"),
    *("society", "politics", "sports", "game", "entertainment"),
)
TREC = ("abbreviation", "description", "entity", "human", "location", "number")
# name: language, label names, files of (train, validation, test) or of all
REAL = {
    "imdb": ("en", SENTIMENT, ["train.csv.gz"], [], ["test.csv.gz"]),
    "sst2": ("en", SENTIMENT, ["train.tsv"], ["dev.tsv"], ["test.tsv"]),
    "ag_news": (
        "en",
        ("World", "Sports", "Business", "Sci/Tech"),
        ["train_subset.csv", "train_descriptions.csv"],
        [],
        ["test.csv"],
    ),
    "trec": ("en", TREC, ["train.csv"], [], ["test.csv"]),
    "chnsenticorp": ("zh", SENTIMENT, ["ChnSentiCorp_htl.csv"], [], []),
    "thucnews": ("zh", THUCNEWS, ["train_45k.txt"], ["dev.txt"], ["test.txt"]),
    "waimai": ("zh", SENTIMENT, ["waimai_10k.csv"], [], []),
    "online_shopping": ("zh", SENTIMENT, ["online_shopping_10_cats.csv.gz"], [], []),
}
FOLDERS = {
    "chnsenticorp": "chnsenticorp_htl",
    "waimai": "waimai_10k",
    "online_shopping": "online_shopping_10_cats",
}


@pytest.fixture(scope="module")
def load(real_data):
    """Loads a real set once."""
    loaded = {}

    def load_once(name):
        if name not in loaded:
            loaded[name] = load_classification(name, real_data)
        return loaded[name]

    return load_once


def published_rows(real_data, name, files) -> int:
    """Row counts of the data folder's own table."""
    table = (real_data / "README.md").read_text(encoding="utf-8")
    folder = FOLDERS.get(name, name)
    return sum(
        int(re.search(rf"`{folder}/{re.escape(file)}` \| (\d+) rows", table)[1])
        for file in files
    )


def parts_of(data):
    return {"train": data.train, "validation": data.validation, "test": data.test}


def same(text):
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().lower()


def refusal(*arguments, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        load_classification(*map(str, arguments))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_names_are_those_of_the_contract():
    assert CLASSIFICATION_SETS == (
        *("docstrings", "reviews_zh", "reviews_en", "imdb", "sst2", "ag_news"),
        *("trec", "chnsenticorp", "thucnews", "waimai", "online_shopping"),
    )


@pytest.mark.parametrize("name", REAL)
def test_every_published_row_is_kept_or_counted_as_dropped(load, real_data, name):
    _, _, train, validation, test = REAL[name]

    data = load(name)

    kept = sum(map(len, parts_of(data).values()))
    dropped = sum(data.changes.values())
    assert kept + dropped == published_rows(
        real_data, name, [*train, *validation, *test]
    )
    assert dropped < 0.02 * kept
    if test:
        assert len(data.test) == published_rows(real_data, name, test)


@pytest.mark.parametrize("name", REAL)
def test_language_and_label_names_are_those_of_the_set(load, name):
    language, label_names, *_ = REAL[name]

    data = load(name)

    assert (data.name, data.language, data.label_names) == (name, language, label_names)
    for part in parts_of(data).values():
        assert part.labels.dtype == np.int32
        assert set(part.labels) == set(range(len(label_names)))


@pytest.mark.parametrize("name", [*REAL, "reviews_zh", "reviews_en"])
def test_no_text_is_in_two_parts(load, name):
    data = load(name)

    texts = {part: set(map(same, ex.texts)) for part, ex in parts_of(data).items()}

    assert not texts["train"] & texts["validation"]
    assert not texts["train"] & texts["test"]
    assert not texts["validation"] & texts["test"]
    assert len(texts["train"]) == len(data.train)


@pytest.mark.parametrize(
    ("name", "file", "columns"),
    [
        ("imdb", "test.csv.gz", ("text", "label")),
        ("sst2", "test.tsv", (0, 1)),
        ("ag_news", "test.csv", ("description", "class")),
        ("trec", "test.csv", ("text", "coarse")),
        ("thucnews", "test.txt", (0, 1)),
    ],
)
def test_test_rows_agree_with_pandas(load, real_data, name, file, columns):
    options = {"dtype": str, "keep_default_na": False}
    if columns == (0, 1):
        options |= {"sep": "\t", "header": None, "quoting": csv.QUOTE_NONE}
    frame = pandas.read_csv(real_data / name / file, **options)

    test = load(name).test

    texts = [text.replace("<br />", " ") for text in frame[columns[0]]]
    assert all(got.endswith(text) for got, text in zip(test.texts, texts, strict=True))
    numbers = {"ag_news": "1234", "trec": "ADEHLN"}.get(name, "0123456789")
    labels = [numbers.index(value[0]) for value in frame[columns[1]]]
    np.testing.assert_array_equal(test.labels, labels)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("imdb", "excellent", "worst"),
        ("sst2", "moving", "dull"),
        ("chnsenticorp", "舒适", "太差"),
        ("waimai", "好吃", "差评"),
        ("online_shopping", "不错", "垃圾"),
    ],
)
def test_positive_is_the_label_of_praise(load, name, good, bad):
    train = load(name).train

    with_good = [y for x, y in zip(train.texts, train.labels, strict=True) if good in x]
    with_bad = [y for x, y in zip(train.texts, train.labels, strict=True) if bad in x]

    assert np.mean(with_good) > np.mean(with_bad) + 0.4


def test_imdb_holds_no_line_break_marks(load):
    data = load("imdb")

    assert not any("<br />" in text for text in data.train.texts + data.test.texts)


@pytest.mark.parametrize("name", ["reviews_zh", "reviews_en"])
def test_our_own_reviews_are_read_in_both_languages(name):
    data = load_classification(name)

    assert data.language == name[-2:]
    assert data.label_names == SENTIMENT
    train = len(data.train) + len(data.validation)
    assert train + len(data.test) >= 600
    assert 0.3 < np.mean(data.train.labels) < 0.7


def test_the_content_hash_is_that_of_names_texts_and_labels():
    examples = TextExamples(("a", "é"), np.array([0, 1], np.int32))
    data = TextClassificationData("n", "en", ("x", "y"), examples, examples, examples)

    def lengths(*values):
        return b"".join(len(v).to_bytes(8, "big") + v for v in values) + b"\xff" * 8

    part = lengths(b"a", "é".encode()) + lengths(bytes([0, 0, 0, 0, 1, 0, 0, 0]))
    expected = hashlib.sha256(lengths(b"x", b"y") + 3 * part).hexdigest()
    assert data.content_hash == expected


def test_the_content_hash_is_stable_and_sees_a_changed_row(tmp_path):
    lines = [f"text {i},{i % 2}" for i in range(100)]
    (tmp_path / "a.csv").write_text("text,label\n" + "\n".join(lines))
    (tmp_path / "b.csv").write_text("text,label\n" + "\n".join([*lines[:-1], "z,1"]))

    first = load_classification(str(tmp_path / "a.csv")).content_hash

    assert load_classification(str(tmp_path / "a.csv")).content_hash == first
    assert load_classification(str(tmp_path / "b.csv")).content_hash != first


def test_labels_that_do_not_fit_the_texts_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2,\).*got int32 of shape \(1,\)"):
        TextExamples(("a", "b"), np.zeros(1, np.int32))
    with pytest.raises(ValueError, match="got int64"):
        TextExamples(("a", "b"), np.zeros(2, np.int64))


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path):
    message = refusal("imbd")

    assert "got 'imbd' (did you mean imdb?)" in message


def test_a_set_that_is_not_there_is_answered_with_what_to_do(tmp_path):
    message = refusal("imdb", tmp_path, error=FileNotFoundError)

    assert str(tmp_path / "imdb/train.csv.gz") in message
    assert "ROOTS_TF_DATA" in message
    assert "python -m roots_tf.datasets fetch imdb" in message


def test_the_environment_names_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path))

    assert str(tmp_path) in refusal("sst2", error=FileNotFoundError)


def test_a_label_outside_a_sets_schema_is_refused(tmp_path):
    (tmp_path / "imdb").mkdir()
    for part in ("train", "test"):
        with gzip.open(tmp_path / f"imdb/{part}.csv.gz", "wt") as file:
            file.write('id,rating,label,text\n1,9,1,"a\nb"\n2,5,7,c\n')

    message = refusal("imdb", tmp_path)

    path = tmp_path / "imdb/train.csv.gz"
    assert message == f"{path}, line 4: expected a label of 0, 1, got '7'"
