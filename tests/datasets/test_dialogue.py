"""Dialogues: the sets as they are read, and that none is in two parts."""

import json
import re
import unicodedata
from collections import Counter

import pytest

from roots_tf.datasets.catalog import PROJECT_DATA
from roots_tf.datasets.dialogue import DIALOGUE_SETS, Dialogue, load_dialogues
from roots_tf.datasets.dialogue_files import READERS
from roots_tf.datasets.splits import PARTS, text_digest

PUBLIC = [name for name in DIALOGUE_SETS if not name.startswith("dialogues_")]
ours = pytest.mark.parametrize("name", ["dialogues_zh", "dialogues_en"])


def parts_of(data):
    return [getattr(data, part) for part in PARTS]


def turns_of(data):
    return [turn for part in parts_of(data) for d in part for turn in d.turns]


def words(dialogue):
    return re.sub(r"[\W_]+", " ", " ".join(dialogue.turns)).lower().strip()


def write_lines(path, lines):
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def line(*turns, **more):
    return json.dumps({"turns": turns, **more}, ensure_ascii=False)


def numbered(count):
    return [line(f"How are you {n}?", f"Fine, {n}.", topic="t") for n in range(count)]


def refusal(path, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        load_dialogues(str(path))
    message = str(caught.value)
    assert "\n" not in message
    return message


@ours
def test_our_own_dialogues_are_as_many_as_their_readme_says(name):
    readme = (PROJECT_DATA / name / "README.md").read_text(encoding="utf-8")

    data = load_dialogues(name)

    assert (data.name, data.language, data.changes) == (name, name[-2:], {})
    for part in PARTS:
        found = getattr(data, part)
        turns = sum(len(dialogue.turns) for dialogue in found)
        assert re.search(rf"`{part}.jsonl`\s\({len(found)}[ a-z]*, {turns}\b", readme)
    assert len(turns_of(data)) >= 450
    assert sum(len(dialogue.turns) for dialogue in data.test) >= 60
    assert all(4 <= len(d.turns) <= 8 for part in parts_of(data) for d in part)


@ours
def test_no_turn_stands_twice_in_or_between_parts(name):
    counts = Counter(map(text_digest, turns_of(load_dialogues(name))))

    assert counts.most_common(1)[0][1] == 1


@ours
def test_every_topic_of_test_is_in_train_several_times(name):
    data = load_dialogues(name)
    topics = [Counter(dialogue.topic for dialogue in part) for part in parts_of(data)]

    assert topics[0].keys() == topics[1].keys() == topics[2].keys()
    assert min(topics[0].values()) >= 7


@ours
def test_our_own_files_are_utf_8_in_normal_form_with_unix_line_ends(name):
    for part in PARTS:
        content = (PROJECT_DATA / name / f"{part}.jsonl").read_bytes()
        text = content.decode("utf-8")
        assert unicodedata.is_normalized("NFC", text)
        assert "\r" not in text and text.endswith("}\n") and text[0] == "{"


def test_the_chinese_dialogues_are_chinese_with_full_width_punctuation():
    turns = turns_of(load_dialogues("dialogues_zh"))

    assert all(re.search("[\u4e00-\u9fff]", turn) for turn in turns)
    assert not any(re.search("[,.!?;:\"'()]", turn) for turn in turns)
    assert all(turn[-1] in "。？！" for turn in turns)
    latin = set(re.findall("[A-Za-z]+", " ".join(turns)))
    assert latin == {"Roots", "Python", "GBK", "G", "numpy", "pandas", "encoding", "x"}


def test_the_english_dialogues_are_english():
    turns = turns_of(load_dialogues("dialogues_en"))

    assert all(turn.isascii() for turn in turns)
    assert all(turn[-1] in ".?!" and turn[0].isupper() for turn in turns)


def test_a_file_of_ones_own_is_divided_whatever_the_order_of_its_lines(tmp_path):
    lines = numbered(200)
    there = write_lines(tmp_path / "mine.jsonl", lines)
    back = write_lines(tmp_path / "back.jsonl", lines[::-1] + [""])

    data, again = load_dialogues(str(there)), load_dialogues(str(back))

    assert (data.name, data.language) == ("mine", "en")
    assert sum(map(len, parts_of(data))) == 200
    assert all(map(len, parts_of(data)))
    assert [set(part) for part in parts_of(data)] == [set(p) for p in parts_of(again)]


def test_a_folder_of_ones_own_is_read_as_it_is_and_a_topic_may_be_missing(tmp_path):
    write_lines(tmp_path / "train.jsonl", [line("你好！", " 你好，请坐。 ")])
    write_lines(tmp_path / "validation.jsonl", [line("甲", "乙", topic="x")])
    write_lines(tmp_path / "test.jsonl", [line("丙", "丁", "戊")])

    data = load_dialogues(str(tmp_path))

    assert data.language == "zh"
    assert data.train == (Dialogue(("你好！", "你好，请坐。"), ""),)
    assert data.validation == (Dialogue(("甲", "乙"), "x"),)
    assert data.test == (Dialogue(("丙", "丁", "戊"), ""),)


def test_dialogues_that_differ_in_punctuation_alone_are_not_in_two_parts(tmp_path):
    train = [*numbered(2), line("Is it -- cold?", "Yes!"), line("?", "!")]
    write_lines(tmp_path / "train.jsonl", train)
    write_lines(tmp_path / "validation.jsonl", [line("A?", "B.")])
    write_lines(tmp_path / "test.jsonl", [line("Is it cold?", "Yes.")])

    data = load_dialogues(str(tmp_path))

    assert data.changes == {"text of another part dropped": 1}
    assert [d.turns for d in data.train[2:]] == [("?", "!")]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ('{"turns": ["a", "b"', "expected JSON, got Expecting ',' delimiter"),
        ("[" * 100_000, "expected JSON, got too many brackets"),
        ('["a", "b"]', 'expected {"turns": ["…", "…"], "topic": "…"}, got \'["a"'),
        ('{"turns": "ab"}', 'expected {"turns": ["…", "…"], "topic": "…"}, got'),
        ('{"turns": ["a"]}', "expected two turns or more, got 1"),
        ('{"turns": ["a", " "]}', "expected turns of text, got ' '"),
        ('{"turns": ["a", "\\ud83d"]}', r"expected turns of text, got '\ud83d'"),
        ('{"turns": ["a", 1]}', "expected turns of text, got 1"),
        ('{"turns": ["a", "b"], "topic": 3}', "expected a topic of text, got 3"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path, bad, message):
    path = write_lines(tmp_path / "mine.jsonl", [*numbered(2), "", bad])

    assert refusal(path).startswith(f"{path}, line 4: {message}")


def test_what_is_not_there_is_told_in_one_line(tmp_path):
    assert "did you mean dialogues_en?" in refusal("dialogue_en")
    assert "got no train.jsonl" in refusal(tmp_path, FileNotFoundError)
    write_lines(tmp_path / "train.jsonl", numbered(1))
    assert "got no test.jsonl" in refusal(tmp_path, FileNotFoundError)
    path = write_lines(tmp_path / "few.jsonl", numbered(1))
    assert "few: expected dialogues in every part, got none in" in refusal(path)
    with pytest.raises(FileNotFoundError, match="by hand from https://"):
        load_dialogues("lccc", tmp_path)


def test_the_content_hash_sees_where_a_turn_ends(tmp_path):
    hashes = []
    for turns in (("a", "b c"), ("a", "b c"), ("a b", "c")):
        write_lines(tmp_path / "train.jsonl", [line(*turns)])
        write_lines(tmp_path / "validation.jsonl", [line("d", "e")])
        write_lines(tmp_path / "test.jsonl", [line("f", "g")])
        hashes.append(load_dialogues(str(tmp_path)).content_hash)

    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("name", PUBLIC)
def test_no_public_dialogue_is_in_two_parts_and_no_turn_is_empty(real_data, name):
    data = load_dialogues(name, real_data)

    sides = [set(map(words, part)) - {""} for part in parts_of(data)]
    assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    assert all(turn.strip() for turn in turns_of(data))
    assert min(len(d.turns) for part in parts_of(data) for d in part) >= 2


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("lccc", ["lccc_base_test.json.gz"]),
        ("xdailydialog_en", [f"xdailydialog/en_{p}.txt" for p in ("part1k", "dev")]),
        ("xdailydialog_zh", ["xdailydialog/zh_test.txt"]),
        ("kdconv", [f"kdconv/{t}_test.json.gz" for t in ("film", "music", "travel")]),
    ],
)
def test_every_published_dialogue_is_kept_or_counted_as_dropped(real_data, name, files):
    table = (real_data / "README.md").read_text(encoding="utf-8")
    published = sum(
        int(re.search(rf"`dialogue/{re.escape(file)}` \| (\d+)", table)[1])
        for file in files
    )

    data = load_dialogues(name, real_data)

    if any("test" in file for file in files) and name != "lccc":
        assert len(data.test) == published
    else:
        kept = len(data.train) + len(data.validation)
        kept += len(data.test) if name == "lccc" else 0
        assert kept + sum(data.changes.values()) == published


def test_gaps_that_a_tokenizer_left_are_closed(tmp_path):
    folder = tmp_path / "dialogue/xdailydialog"
    folder.mkdir(parents=True)
    rows = {
        "part1k": "It ’ s 1,000 , isn't it ? __eou__ Yes . __eou__\n",
        "dev": "Four % . __eou__ So ? __eou__\t10\t1\t0\nA __eou__ B __eou__\t1\t\t\n",
        "test": "Gone ? __eou__ Gone . __eou__\t8\t1 2\t0 0\n",
    }
    for part, text in rows.items():
        (folder / f"en_{part}.txt").write_text(text, encoding="utf-8")

    parts = READERS["xdailydialog_en"](tmp_path / "dialogue")

    assert parts["train"] == [
        Dialogue(("It's 1,000, isn't it?", "Yes."), ""),
        Dialogue(("Four %.", "So?"), "finance"),
        Dialogue(("A", "B"), "life"),
    ]
    assert parts["test"] == [Dialogue(("Gone?", "Gone."), "work")]


def test_lccc_keeps_spaces_between_latin_words_alone(real_data):
    data = load_dialogues("lccc", real_data)

    turns = turns_of(data)

    assert not any(
        re.search("[\u4e00-\u9fff] | [\u4e00-\u9fff]", turn) for turn in turns
    )
    assert any(re.search("[a-z] [a-z]", turn) for turn in turns)
