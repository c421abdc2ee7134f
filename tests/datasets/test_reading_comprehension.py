"""Reading comprehension: offsets point at answers, parts share no passage."""

import gzip
import json

import pytest

from roots_tf.datasets.reading_comprehension import (
    NOWHERE,
    Answer,
    load_reading_comprehension,
)

PASSAGE = "深圳在广东。深圳很大。"


def squad(passage=PASSAGE, question="深圳在哪里？", text="广东", start=3):
    answers = [{"text": text, "answer_start": start}]
    qas = [{"id": "1", "question": question, "answers": answers}]
    return {"data": [{"paragraphs": [{"context": passage, "qas": qas}]}]}


def write_folder(folder, train, test=None):
    folder.mkdir(exist_ok=True)
    contents = {
        "train": train,
        "validation": squad("甲乙丙", text="乙", start=1),
        "test": test or squad("丁戊己", text="己", start=2),
    }
    for name, content in contents.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder / "train.json"


def refusal(path) -> str:
    with pytest.raises(ValueError) as caught:
        load_reading_comprehension(str(path))
    message = str(caught.value)
    assert "\n" not in message
    return message


def parts_of(data):
    return (data.train, data.validation, data.test)


def test_a_folder_of_ones_own_is_read_as_it_is(tmp_path):
    write_folder(tmp_path / "mine", squad())

    data = load_reading_comprehension(str(tmp_path / "mine"))

    (question,) = data.train
    assert (data.name, data.language) == ("mine", "zh")
    assert (question.passage, question.text) == (PASSAGE, "深圳在哪里？")
    assert question.answers == (Answer("广东", 3),)
    assert [len(part) for part in parts_of(data)] == [1, 1, 1]


def test_a_file_is_divided_by_passage(tmp_path):
    rows = [squad(f"Passage {n} has it.", f"What? {n}", "it", 14) for n in range(100)]
    articles = [row["data"][0] for row in rows + rows]  # each passage twice
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")

    data = load_reading_comprehension(str(path))

    passages = [{q.passage for q in part} for part in parts_of(data)]
    assert sum(map(len, parts_of(data))) == 200
    assert sum(map(len, passages)) == len(set().union(*passages)) == 100


@pytest.mark.parametrize("given, expected", [(0, 1), (-5, 1), (99, 8), (7, 8)])
def test_an_offset_that_points_elsewhere_goes_to_the_nearest_place(
    tmp_path, given, expected
):
    write_folder(tmp_path, squad("去广东。他回到了广东。", text="广东", start=given))

    data = load_reading_comprehension(str(tmp_path))

    assert data.train[0].answers == (Answer("广东", expected),)
    assert data.changes == {"answer moved to its text": 1}


@pytest.mark.parametrize(
    "content, message",
    [
        ('{"data": [', "expected JSON, got Expecting value"),
        ([1], "at the top: expected SQuAD 1.1's"),
        ({"data": {}}, "expected questions, got none"),
        ({"data": [{"paragraphs": [{"qas": [{}]}]}]}, "got KeyError('question')"),
        (
            squad(text=""),
            "at question '深圳在哪里？': expected texts, got an empty one",
        ),
        (squad(start="3"), "expected answer_start to be a number"),
        (
            squad(text="北京"),
            "expected an answer that stands in its passage, got '北京'",
        ),
    ],
)
def test_a_file_that_is_cut_or_of_another_layout_is_refused(tmp_path, content, message):
    path = write_folder(tmp_path, content)

    found = refusal(tmp_path)

    assert found.startswith(f"{path}: ") and message in found


def test_squad_2_and_its_questions_without_an_answer_are_refused(tmp_path):
    content = squad()
    content["data"][0]["paragraphs"][0]["qas"][0]["answers"] = []
    write_folder(tmp_path, content)

    assert "got none (SQuAD 2.0?)" in refusal(tmp_path)


def test_a_packed_file_that_is_cut_off_is_refused(tmp_path):
    (tmp_path / "qa_squad").mkdir()
    path = tmp_path / "qa_squad/xquad.zh_open.json"
    path.write_bytes(gzip.compress(b"{}"))

    with pytest.raises(ValueError, match="expected UTF-8 text"):
        load_reading_comprehension("xquad_zh", tmp_path)


def test_what_is_not_there_is_told_in_one_line(tmp_path):
    assert "did you mean squad?" in refusal("squat")
    with pytest.raises(FileNotFoundError, match="by hand from https://"):
        load_reading_comprehension("drcd", tmp_path)
    with pytest.raises(FileNotFoundError):
        load_reading_comprehension(str(tmp_path))
    path = tmp_path / "one.json"
    path.write_text(json.dumps(squad()), encoding="utf-8")
    assert "one: expected questions in every part, got none in" in refusal(path)


def test_the_content_hash_sees_an_answer_that_moved(tmp_path):
    hashes = []
    for passage, start in (("一二一", 0), ("一二一", 0), ("一二一", 2)):
        write_folder(tmp_path, squad(passage, text="一", start=start))
        hashes.append(load_reading_comprehension(str(tmp_path)).content_hash)

    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("name", ["docstrings", "xquad_zh", "cmrc2018", "drcd"])
def test_every_answer_stands_where_it_says_and_no_passage_is_in_two_parts(
    name, request
):
    folder = None if name == "docstrings" else request.getfixturevalue("real_data")

    data = load_reading_comprehension(name, folder)

    nowhere = 0
    for part in parts_of(data):
        for question in part:
            for answer in question.answers:
                nowhere += answer.start == NOWHERE
                assert answer.start == NOWHERE or (
                    question.passage.startswith(answer.text, answer.start)
                )
    assert nowhere == data.changes.get("answer stands nowhere in its passage", 0)
    passages = [{q.passage for q in part} for part in parts_of(data)]
    assert sum(map(len, passages)) == len(set().union(*passages))


def test_sets_have_the_questions_of_the_data_folders_table(real_data):
    sizes = {
        name: sum(map(len, parts_of(load_reading_comprehension(name, real_data))))
        for name in ("xquad_zh", "cmrc2018")
    }

    assert sizes == {"xquad_zh": 1028, "cmrc2018": 3219}
