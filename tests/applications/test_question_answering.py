"""Retrieval: its scores by the formula, its folder, and its exported graph."""

import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

from roots_tf.applications.question_answering import QuestionAnswerer, mixed
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOKENS = [
    *SPECIAL_TOKENS,
    *LETTERS,
    *(f"##{x}" for x in LETTERS),
    *"排序数组文件。？.",
]
DOCUMENTS = [
    ("np.sort", "Sort an array."),
    ("np.argsort", "Indices that would sort an array.\n\nMore of it."),
    ("open", "Open a file."),
    ("zh", "给数组排序。"),
    ("copy", "Open a file."),
    ("empty", ""),
]
QUESTIONS = ["sort an array", "数组？", "open the file", "", "xyzzy", "sort " * 500]


@pytest.fixture(scope="module")
def answerer():
    keras.utils.set_random_seed(0)
    config = BertConfig.tiny(len(TOKENS), hidden_size=16, max_positions=32)
    model = SentenceEncoder(Bert(config))
    model.build()
    embedder = SentenceEmbedder(model, WordPieceTokenizer(TOKENS), 12)
    return QuestionAnswerer(embedder, DOCUMENTS, weight=0.3)


def test_scores_are_the_weighted_sum_of_vectors_and_bm25(answerer):
    scores = answerer.scores(QUESTIONS)

    for row, question in enumerate(QUESTIONS):
        ids = answerer.embedder.encode([question])[0][None]
        vector = np.asarray(answerer.embedder.model({"token_ids": ids}))[0]
        cosines = answerer.vectors @ vector
        (bm25,) = answerer.bm25.scores([question])
        by_words = bm25 / bm25.max() if bm25.max() else bm25
        expected = 0.3 * (1 + cosines) / (1 + cosines.max()) + 0.7 * by_words
        # float32, and another width of padding.
        np.testing.assert_allclose(scores[row], expected, atol=1e-5)


def test_a_weight_of_one_ranks_as_cosines_and_one_of_zero_as_bm25(answerer):
    vectors = answerer.embedder.embed(QUESTIONS[:3])

    by_vectors = answerer.scores(QUESTIONS[:3], weight=1.0)
    by_words = answerer.scores(QUESTIONS[:3], weight=0.0)

    cosines = vectors @ answerer.vectors.T
    assert (by_vectors.argmax(1) == cosines.argmax(1)).all()
    expected = answerer.bm25.scores(QUESTIONS[:3])
    assert (
        np.argsort(-by_words, kind="stable") == np.argsort(-expected, kind="stable")
    ).all()


def test_the_best_documents_come_first_with_their_names(answerer):
    found = list(answerer.search(QUESTIONS, k=3))

    assert [len(row) for row in found] == [3] * 6
    for row, scores in zip(found, answerer.scores(QUESTIONS), strict=True):
        assert [one.score for one in row] == sorted(scores.tolist(), reverse=True)[:3]
        for one in row:
            assert (one.name, one.text) == DOCUMENTS[one.number]
    assert len(next(answerer.search(["x"], k=99))) == len(DOCUMENTS)
    assert list(answerer.search([])) == []


def test_questions_without_a_known_term_are_ranked_by_their_vector_alone():
    cosines, bm25 = np.array([[0.5, -1.0]]), np.zeros((1, 2))

    assert mixed(cosines, bm25, 0.5).tolist() == [[0.5, 0.0]]
    assert np.isfinite(mixed(np.full((1, 2), -1.0), bm25, 0.5)).all()


def test_a_saved_folder_answers_the_same(answerer, tmp_path):
    answerer.save(tmp_path / "model")

    loaded = QuestionAnswerer.load(tmp_path / "model")

    assert list(loaded.search(QUESTIONS)) == list(answerer.search(QUESTIONS))
    assert loaded.weight == 0.3


_FRESH = """
import json, sys
import tensorflow as tf, tensorflow_text
model = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
found = model(texts=tf.constant(json.loads(sys.argv[2])))
names = [[name.decode() for name in row] for row in found.pop("names").numpy()]
found = {name: value.numpy().tolist() for name, value in found.items()}
print(json.dumps({"names": names, **found}))
"""


def test_the_exported_graph_gives_in_a_fresh_process_what_python_gives(
    answerer, tmp_path
):
    answerer.export(tmp_path / "exported", k=4)

    done = subprocess.run(
        [sys.executable, "-c", _FRESH, tmp_path / "exported", json.dumps(QUESTIONS)],
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout)
    names = [[answerer.documents[n][0] for n in row] for row in found["numbers"]]
    assert found["names"] == names
    cosines = answerer.embedder.embed(QUESTIONS) @ answerer.vectors.T
    expected = np.sort(cosines, axis=1)[:, ::-1][:, :4]
    # float32: another width of padding, another order of sums.
    np.testing.assert_allclose(found["cosines"], expected, atol=1e-5)
    taken = np.take_along_axis(cosines, np.array(found["numbers"]), axis=1)
    np.testing.assert_allclose(taken, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["documents.json", "index.npz", "model.keras"])
def test_a_folder_that_lacks_a_file_or_has_a_damaged_one_is_refused(
    answerer, tmp_path, name
):
    folder = tmp_path / "model"
    answerer.save(folder)
    shutil.copytree(folder, tmp_path / "damaged")
    (folder / name).unlink()
    data = (tmp_path / "damaged" / name).read_bytes()
    (tmp_path / "damaged" / name).write_bytes(data[: len(data) // 2])

    for one in (folder, tmp_path / "damaged"):
        with pytest.raises(ValueError, match=str(one)) as refused:
            QuestionAnswerer.load(one)
        assert "\n" not in str(refused.value)


def test_parts_that_do_not_fit_are_refused(answerer, tmp_path):
    embedder = answerer.embedder

    with pytest.raises(ValueError, match="expected documents and a weight .* 0 and"):
        QuestionAnswerer(embedder, [])
    with pytest.raises(ValueError, match="got 6 and 1.5"):
        QuestionAnswerer(embedder, DOCUMENTS, weight=1.5)
    with pytest.raises(ValueError, match=r"vectors of shape \(6, 16\)"):
        QuestionAnswerer(embedder, DOCUMENTS, np.zeros((5, 16)))
    with pytest.raises(ValueError, match="k of 1 or more, got 0"):
        list(answerer.search(["x"], 0))
    with pytest.raises(ValueError, match="k of 1 to 6, got 7"):
        answerer.export(tmp_path / "new", k=7)
    with pytest.raises(ValueError, match="expected a new name or a SavedModel"):
        answerer.export(tmp_path)
    with pytest.raises(ValueError, match="lone surrogate"):
        list(answerer.search(["\udce9"]))
