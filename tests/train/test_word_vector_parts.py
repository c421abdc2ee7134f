"""The parts of the word-vector scripts: ids, words to watch, evaluation."""

import numpy as np
import pytest

from roots_tf.datasets.plain_text import PlainText, load_plain_text
from roots_tf.train.run import Run
from roots_tf.train.word_vector_options import WordVectorOptions
from roots_tf.train.word_vector_parts import (
    encode,
    evaluate,
    language_of,
    text_name,
    watched_words,
)
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.word_vector_table import WordVectors

OPTIONS = WordVectorOptions(segmentation="spaces", min_count=1)


def corpus(tmp_path, counts):
    sentences = [[word] * count for word, count in counts.items()]
    return EncodedCorpus.build(sentences, tmp_path / "corpus", min_count=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("docstrings", "docstrings"),
        ("/data/enwiki.txt.gz", "enwiki"),
        ("/data/books/", "books"),
        ("/data/.hidden", "text"),
    ],
)
def test_a_run_is_named_after_its_text(name, expected):
    assert text_name(PlainText(name, ())) == expected


def test_ids_that_are_there_are_not_made_again(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("b a b\n")
    run = Run(tmp_path / "run", resumed=False)
    first = encode(load_plain_text(path), OPTIONS, run)
    path.unlink()

    again = encode(PlainText(str(path), (path,)), OPTIONS, run)

    assert again.content_hash == first.content_hash
    assert again.words == ("b", "a")


@pytest.mark.parametrize("missing", ["ids.int32", "corpus.json", "half of ids.int32"])
def test_ids_that_are_not_whole_are_made_again(tmp_path, missing):
    path = tmp_path / "a.txt"
    path.write_text("b a b\n")
    run = Run(tmp_path / "run", resumed=False)
    first = encode(load_plain_text(path), OPTIONS, run)
    file = first.folder / missing.removeprefix("half of ")
    if file.name == missing:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:6])

    again = encode(load_plain_text(path), OPTIONS, run)

    assert again.content_hash == first.content_hash
    assert again.read(0, 4).tolist() == [0, 1, 0, -1]


@pytest.mark.parametrize(
    ("counts", "language"),
    [
        ({"的": 5, "the": 4}, "zh"),
        ({"的": 4, "the": 5}, "en"),
        ({"ça": 1, "a": 1}, "en"),
    ],
)
def test_the_language_is_that_of_most_words(tmp_path, counts, language):
    assert language_of(corpus(tmp_path, counts)) == language


def test_words_are_watched_from_frequent_to_rare(tmp_path):
    names = [f"{a}{b}{c}" for a in "abcdefgh" for b in "abcdefgh" for c in "abcdefgh"]
    counts = {name: 1000 - rank for rank, name in enumerate(names)} | {"of": 5000}

    watched = watched_words(corpus(tmp_path, counts), "")

    assert watched == [names[rank - 1] for rank in (50, 100, 200, 400)]


@pytest.mark.parametrize(
    ("counts", "asked", "expected"),
    [
        ({"sea": 2, "12": 1}, "", ["sea"]),
        ({"海": 2, "of": 1}, "", ["海"]),
        ({"12": 2, "of": 1}, "", ["of"]),
        ({"sea": 2, "lake": 1}, " lake, tide,", ["lake", "tide"]),
    ],
)
def test_few_words_or_words_asked_for_are_watched(tmp_path, counts, asked, expected):
    assert watched_words(corpus(tmp_path, counts), asked) == expected


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """A data folder with two of the three English sets, of our own making."""
    folder = tmp_path / "wordvec_eval" / "en"
    folder.mkdir(parents=True)
    (folder / "questions-words.txt").write_text(
        ": capitals\nRome Italy Oslo Norway\nRome Italy Bern Norway\n"
        "Rome Italy Oslo Sweden\n"
    )
    (folder / "EN-WS-353-ALL.txt").write_text(
        "rome\toslo\t9\nrome\titaly\t5\nrome\tnorway\t1\nrome\tsweden\t2\n"
    )
    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path))
    return tmp_path


def square():
    """Four words at whose corners 3CosAdd answers the first question rightly."""
    vectors = np.array([[3, 1, 0], [3, 0, 1], [2, 1.5, 0], [2, 0, 1.5]], np.float32)
    words = ["rome", "italy", "oslo", "norway"]
    return WordVectors(words, vectors, [4, 3, 2, 1])


def test_scores_come_with_how_much_was_asked_and_what_was_unknown(sets, capsys):
    metrics = evaluate(square(), "en")

    # Two questions and a pair have a word without a vector; the cosines of the three
    # other pairs fall as the scores do.
    assert metrics == {
        "questions-words": 1.0,
        "questions-words/asked": 1,
        "questions-words/out_of_vocabulary": 2,
        "wordsim-353": pytest.approx(1.0),
        "wordsim-353/asked": 3,
        "wordsim-353/out_of_vocabulary": 1,
    }
    output = capsys.readouterr().out
    assert f"Skipped, not in {sets}: simlex-999." in output


def test_a_set_of_unknown_words_has_no_score(sets, capsys):
    vectors = WordVectors(["a", "b"], np.eye(2, dtype=np.float32), [2, 1])

    metrics = evaluate(vectors, "en")

    assert "wordsim-353" not in metrics
    assert metrics["wordsim-353/asked"] == 0
    assert metrics["wordsim-353/out_of_vocabulary"] == 4


def test_a_damaged_set_costs_no_training(sets, capsys):
    path = sets / "wordvec_eval" / "en" / "questions-words.txt"
    path.write_text(": capitals\nRome Italy Oslo\n")

    metrics = evaluate(square(), "en")

    assert "questions-words" not in metrics and "wordsim-353" in metrics
    assert "Skipped: " in capsys.readouterr().out


def test_chinese_vectors_are_asked_chinese_questions(sets, capsys):
    evaluate(square(), "zh")

    skipped = "ca8-morphological, ca8-semantic, wordsim-240"
    assert skipped in capsys.readouterr().out
