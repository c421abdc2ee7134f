"""The embedded corpus and the task made of it, on the libraries installed here."""

import inspect
import json
import os
import re
import sys

import numpy as np
import pytest

from roots_tf.datasets import docstrings
from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import (
    LABEL_NAMES,
    LIBRARIES,
    MASK,
    docstring_classification,
    docstring_corpus,
    mask_identifiers,
)
from roots_tf.evaluation.baselines import bag_of_words_baseline, majority_baseline


@pytest.fixture(scope="module")
def corpus():
    return docstring_corpus()


@pytest.fixture(scope="module")
def data(corpus):
    return docstring_classification()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A corpus of one library, which would fail if it were imported."""
    package = tmp_path / "broken_on_import"
    package.mkdir()
    (package / "__init__.py").write_text(
        'raise SystemExit\ndef f():\n    "Explain in a few words what this one does."',
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(docstrings, "LIBRARIES", {"small": ("broken_on_import", "no")})
    monkeypatch.setattr(docstrings.sysconfig, "get_path", lambda _: str(tmp_path / "-"))
    return docstring_corpus.__wrapped__


def test_the_corpus_is_large_and_covers_the_libraries(corpus):
    libraries = {document.library for document in corpus}

    assert len(corpus) > 30_000
    assert sum(len(document.text) for document in corpus) > 18_000_000
    assert set(LABEL_NAMES) < libraries <= set(LIBRARIES)


def test_documents_are_sorted_distinct_text(corpus):
    texts = [document.text for document in corpus]

    assert list(corpus) == sorted(corpus)
    assert len(set(texts)) == len(texts)
    assert min(map(len, texts)) >= 40
    assert "\0" not in "".join(texts).encode().decode()  # no lone surrogates either


def test_documents_are_what_python_itself_shows(corpus):
    texts = {(d.library, d.qualified_name): d.text for d in corpus}

    for library, function in [
        ("python", json.dumps),
        ("python", inspect.getdoc),
        ("numpy", inspect.unwrap(np.linalg.norm)),
        ("pytest", pytest.raises),
    ]:
        file = function.__code__.co_filename
        [module] = [
            name
            for name, module in sys.modules.items()
            if getattr(module, "__file__", None) == file
        ]
        found = texts[library, f"{module}.{function.__qualname__}"]
        assert found == inspect.getdoc(function)


def test_no_library_is_imported_and_missing_ones_are_left_out(small):
    [document] = small()

    assert document.library == "small"
    assert document.qualified_name == "broken_on_import.f"
    assert document.text == "Explain in a few words what this one does."


def test_the_number_of_processes_does_not_matter(monkeypatch):
    monkeypatch.setattr(docstrings, "LIBRARIES", {"psutil": ("psutil",)})
    monkeypatch.setattr(
        docstrings.sysconfig, "get_path", lambda _: os.path.dirname(json.__file__)
    )

    results = []
    for count in (1, 3):
        monkeypatch.setattr(docstrings.os, "cpu_count", lambda count=count: count)
        results.append(docstring_corpus.__wrapped__())

    assert results[0] == results[1]
    assert len(results[0]) > 50


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("A numpy array, as np knows it.", f"A {MASK} array, as {MASK} knows it."),
        ("Use tf.nn.relu or plt.plot().", f"Use {MASK} or {MASK}()."),
        ("scikit-learn's fit, Scikit-Learn", f"{MASK}'s fit, {MASK}"),
        ("n_samples of a DataFrame, rcParams", f"{MASK} of a {MASK}, {MASK}"),
        ("tensorflow_text, KerasTensor, TFLite", f"{MASK}, {MASK}, {MASK}"),
        ("x\n>>> import os as o\n>>> 1", "x\n\n>>> 1"),
        ("x\nfrom os.path import join, split\ny", "x\n\ny"),
        ("import this idea from there", "import this idea from there"),
        ("See https://pandas.pydata.org/docs now", "See  now"),
        (
            ".. versionadded:: 1.2.0\nnew in version 0.23",
            ".. versionadded::\nnew in version",
        ),
        ("GPUs, e.g. two, i.e. all Parameters", "GPUs, e.g. two, i.e. all Parameters"),
        ("中文 and emoji 🙂", "中文 and emoji 🙂"),
    ],
)
def test_what_is_spelt_like_code_or_names_a_library_is_masked(text, masked):
    assert mask_identifiers(text) == masked


def test_the_task_has_the_promised_shape(data):
    parts = (data.train, data.validation, data.test)
    sizes = [len(part.texts) for part in parts]

    assert data.label_names == LABEL_NAMES
    assert 8_000 <= sizes[0] <= 14_000
    assert np.array(sizes) / sum(sizes) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    for part in parts:
        counts = np.bincount(part.labels, minlength=9)
        assert counts.min() > 0.3 * counts.max()


def test_no_text_names_a_library(data):
    name = re.compile(
        r"numpy|pandas|scipy|scikit|sklearn|tensorflow|keras|matplotlib|pytest|python"
        r"|pyplot|https?://|\b(np|pd|tf|plt|mpl)\b|[a-z]_[a-z]|[a-z]{2}\.[a-z]{2}",
        re.IGNORECASE,
    )

    for part in (data.train, data.validation, data.test):
        named = [match[0] for text in part.texts if (match := name.search(text))]
        assert named == []


def test_no_text_is_on_two_sides_even_with_other_case_digits_or_spaces(data):
    sides = [
        {" ".join(re.findall("[a-z]+", text.lower())) for text in part.texts}
        for part in (data.train, data.validation, data.test)
    ]

    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert [len(side) for side in sides] == [
        len(part.texts) for part in (data.train, data.validation, data.test)
    ]


def test_the_task_is_the_same_every_time_and_by_its_name(data):
    again = load_classification("docstrings")

    assert again.content_hash == data.content_hash


def test_max_per_class_keeps_a_part_of_the_same_texts(monkeypatch, corpus):
    monkeypatch.setattr(docstrings, "docstring_corpus", lambda: corpus[::10])

    small = docstring_classification(max_per_class=40)
    large = docstring_classification(max_per_class=60)

    for data, size in ((small, 40), (large, 60)):
        labels = np.concatenate(
            [data.train.labels, data.validation.labels, data.test.labels]
        )
        assert np.bincount(labels).tolist() == [size] * 9
    assert set(small.train.texts) < set(large.train.texts)


def test_a_bag_of_words_learns_it_but_the_answer_does_not_stand_in_the_text(data):
    majority = majority_baseline(data.train.labels, data.validation.labels)
    words = bag_of_words_baseline(data.train, data.validation, "en")

    assert majority.accuracy < 0.15
    assert 0.75 < words.accuracy < 0.90
    assert words.macro_f1 == pytest.approx(words.accuracy, abs=0.03)


def test_a_missing_library_is_named(monkeypatch, corpus):
    few = tuple(d for d in corpus[::100] if d.library != "pandas")
    monkeypatch.setattr(docstrings, "docstring_corpus", lambda: few)

    with pytest.raises(ValueError, match="expected the sources of pandas"):
        docstring_classification()
