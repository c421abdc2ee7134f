"""The sentences and passages in ``data/`` are what their READMEs say."""

import json
import re
import unicodedata
from collections import Counter

import jieba
import pytest

from roots_tf.datasets.parallel import load_parallel
from roots_tf.datasets.reading_comprehension import load_reading_comprehension
from roots_tf.datasets.splits import PARTS, text_digest
from roots_tf.datasets.text_pairs import load_pairs

PASSAGES = ("passages_zh", "passages_en")
HAN = re.compile("[\u4e00-\u9fff]")
# What must not stand between or after Han characters: the half-width form.
HALF_WIDTH = re.compile("[,.;:?!()\"'](?![0-9])")
LETTERS = re.compile("[A-Za-z]")


def english_words(text):
    return re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())


def chinese_characters(text):
    return HAN.findall(text)


def chinese_words(text):
    return [word for word in jieba.lcut(text) if HAN.search(word)]


@pytest.fixture(scope="module")
def pairs():
    data = load_parallel("parallel_zh_en")
    return {part: getattr(data, part) for part in PARTS}


@pytest.fixture(scope="module", params=PASSAGES)
def passages(request):
    return load_reading_comprehension(request.param)


def questions_of(data):
    return [question for part in PARTS for question in getattr(data, part)]


def sizes_in_readme(project, name):
    """Numbers that follow a part's file name: pairs, or passages and questions."""
    text = (project / "data" / name / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"`(\w+)\.(?:csv|json)` (?:\| |\()([\d,]+)(?: \| (\d+))?", text)
    return {
        part: tuple(int(n.replace(",", "")) for n in ns if n) for part, *ns in found
    }


def assert_normal_text(path):
    text = path.read_bytes().decode("utf-8")
    assert text == unicodedata.normalize("NFC", text)
    assert "\r" not in text and not text.startswith("\ufeff") and text.endswith("\n")


@pytest.mark.parametrize("name", ["parallel_zh_en", *PASSAGES])
def test_files_are_utf_8_in_normal_form_c_with_line_feeds(project, name):
    files = [p for p in (project / "data" / name).iterdir() if p.suffix != ".md"]

    assert len(files) == 3
    for path in files:
        assert_normal_text(path)


def test_the_pairs_are_as_many_as_their_readme_says(project, pairs):
    stated = sizes_in_readme(project, "parallel_zh_en")

    assert {part: (len(pairs[part]),) for part in PARTS} == stated
    assert len(pairs["train"]) >= 800
    assert min(len(pairs["validation"]), len(pairs["test"])) >= 100


@pytest.mark.parametrize("side", [0, 1])
def test_no_sentence_stands_twice_within_a_part_or_in_two(pairs, side):
    digests = [text_digest(pair[side]) for part in PARTS for pair in pairs[part]]

    assert len(set(digests)) == len(digests)


def test_each_side_of_a_pair_is_of_its_language(pairs):
    for part in PARTS:
        for chinese, english in pairs[part]:
            assert not LETTERS.search(chinese) and not HALF_WIDTH.search(chinese)
            assert chinese[-1] in "。？！" and len(HAN.findall(chinese)) >= 3
            assert english.isascii() and english[-1] in ".?!"
            assert 3 <= len(english_words(english)) <= 12
            assert (chinese[-1] == "？") == (english[-1] == "?")


@pytest.mark.parametrize(
    "side, units", [(0, chinese_characters), (1, english_words)], ids=["zh", "en"]
)
@pytest.mark.parametrize("part", ["validation", "test"])
def test_what_a_held_out_sentence_is_made_of_stands_in_three_pairs_of_train(
    pairs, part, side, units
):
    known = Counter(u for pair in pairs["train"] for u in set(units(pair[side])))

    assert min(known[u] for pair in pairs[part] for u in units(pair[side])) >= 3


@pytest.mark.parametrize("part", ["validation", "test"])
def test_nineteen_of_twenty_chinese_words_held_out_stand_in_train(pairs, part):
    known = {word for pair in pairs["train"] for word in chinese_words(pair[0])}

    words = [word for pair in pairs[part] for word in chinese_words(pair[0])]
    assert sum(word in known for word in words) >= 0.95 * len(words)


def test_passages_and_questions_are_as_many_as_their_readme_says(project, passages):
    stated = sizes_in_readme(project, passages.name)

    found = {
        part: (len({q.passage for q in questions}), len(questions))
        for part in PARTS
        for questions in [getattr(passages, part)]
    }
    assert found == stated
    assert sum(count for _, count in found.values()) >= 160
    assert found["test"][1] >= 40


def test_answers_stand_where_the_file_says_on_the_borders_of_words(project, passages):
    letter = re.compile(r"\w", re.ASCII)  # Chinese has no borders to keep

    assert passages.changes == {}  # no answer had to be moved, no passage dropped
    for question in questions_of(passages):
        for answer in question.answers:
            end = answer.start + len(answer.text)
            before, after = question.passage[: answer.start], question.passage[end:]
            assert before + answer.text + after == question.passage
            assert answer.text == answer.text.strip()
            assert not (letter.match(answer.text) and letter.match(before[-1:]))
            assert not (letter.match(answer.text[-1]) and letter.match(after[:1]))


def test_no_passage_is_in_two_parts_and_no_question_or_answer_comes_twice(passages):
    contexts = [{text_digest(q.passage) for q in getattr(passages, p)} for p in PARTS]
    asked = [text_digest(q.text) for q in questions_of(passages)]

    assert sum(map(len, contexts)) == len(set().union(*contexts))
    assert len(set(asked)) == len(asked)
    assert all(len(set(q.answers)) == len(q.answers) for q in questions_of(passages))


def test_passages_and_questions_are_of_their_language_and_length(passages):
    assert passages.language == passages.name[-2:]
    for question in questions_of(passages):
        if passages.language == "zh":
            assert 120 <= len(question.passage) <= 400
            assert question.text.endswith("？")
            for text in (question.passage, question.text):
                assert not HALF_WIDTH.search(text) and not LETTERS.search(text)
        else:
            assert 80 <= len(question.passage.split()) <= 250
            assert question.text.endswith("?")
            assert not HAN.search(question.passage + question.text)


def test_the_passages_of_the_two_languages_are_on_other_topics(project):
    # Translations would share their years.
    years = {}
    for name in PASSAGES:
        texts = {q.passage for q in questions_of(load_reading_comprehension(name))}
        digits = str.maketrans("〇一二三四五六七八九", "0123456789")
        found = [re.findall(r"\d{4}", text.translate(digits)) for text in texts]
        years[name] = {year for of_text in found for year in of_text}

    assert all(len(found) >= 5 for found in years.values())
    assert len(years["passages_zh"] & years["passages_en"]) <= 1


def test_every_question_has_an_id_of_its_own(project):
    ids = [
        row["id"]
        for name in PASSAGES
        for part in PARTS
        for article in json.loads(
            (project / "data" / name / f"{part}.json").read_text(encoding="utf-8")
        )["data"]
        for row in article["paragraphs"][0]["qas"]
    ]

    assert len(set(ids)) == len(ids)


def test_most_questions_make_a_pair_with_the_sentence_that_answers_them(passages):
    data = load_pairs(passages.name)

    for part in PARTS:
        pairs = getattr(data, part)
        assert len(pairs) >= 2 * 0.8 * len(getattr(passages, part))
        assert set(pairs.labels) == {0, 1}
