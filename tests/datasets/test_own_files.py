"""A user's own data is read, or refused in one line that says what is wrong."""

import pytest

from roots_tf.datasets.classification import load_classification


def table(path, rows, header="text,label"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def many(count, labels=("bad", "good"), text="review"):
    return [f"{text} {i},{labels[i % len(labels)]}" for i in range(count)]


def refusal(path, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        load_classification(str(path))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_one_file_is_divided_and_named_after_itself(tmp_path):
    path = table(tmp_path / "mine.csv", many(200))

    data = load_classification(str(path))

    assert (data.name, data.language) == ("mine", "en")
    assert data.label_names == ("bad", "good")
    assert len(data.train) + len(data.validation) + len(data.test) == 200
    assert len(data.train) > 130


def test_chinese_is_recognised(tmp_path):
    path = table(tmp_path / "mine.csv", many(100, text="这家店 good"))

    assert load_classification(str(path)).language == "zh"


def test_a_tab_separated_file_is_read(tmp_path):
    rows = [row.replace(",", "\t") for row in many(100)]
    path = table(tmp_path / "mine.tsv", rows, "text\tlabel")

    data = load_classification(str(path))

    assert sum(len(part) for part in (data.train, data.validation, data.test)) == 100


def test_other_columns_in_any_order_do_no_harm(tmp_path):
    rows = [f"{i % 2},x,review {i}" for i in range(100)]
    path = table(tmp_path / "mine.csv", rows, "label,note,text")

    assert load_classification(str(path)).train.texts[0].startswith("review")


def test_a_folder_keeps_its_parts(tmp_path):
    table(tmp_path / "train.csv", many(40))
    table(tmp_path / "validation.csv", ["v,good", "w,bad"])
    table(tmp_path / "test.csv", ["t,good", "review 3,bad"])

    data = load_classification(str(tmp_path))

    assert data.validation.texts == ("v", "w")
    assert data.test.texts == ("t", "review 3")
    assert data.test.labels.tolist() == [1, 0]
    assert len(data.train) == 39
    assert data.changes == {"text of another part dropped": 1}


def test_a_folder_without_validation_gives_some_of_train(tmp_path):
    table(tmp_path / "train.csv", many(200))
    table(tmp_path / "test.csv", ["t,good"])

    data = load_classification(str(tmp_path))

    assert len(data.train) + len(data.validation) == 200
    assert 5 < len(data.validation) < 40


def test_a_folder_without_test_is_refused(tmp_path):
    table(tmp_path / "train.csv", many(20))

    message = refusal(tmp_path, FileNotFoundError)

    assert message.startswith(f"{tmp_path}: expected train.csv, test.csv")
    assert message.endswith("got no test.csv")


def test_a_label_that_train_lacks_is_refused_with_its_line(tmp_path):
    table(tmp_path / "train.csv", many(40))
    path = table(tmp_path / "test.csv", ["a,good", "b,fine"])

    message = refusal(tmp_path)

    assert message == f"{path}, line 3: expected a label of bad, good, got 'fine'"


def test_a_label_that_the_hash_leaves_out_of_train_is_refused(tmp_path):
    rows = many(60)
    outside = next(  # a text that the hash sends elsewhere than to train
        text
        for text in (f"other {i}" for i in range(99))
        if text
        not in load_classification(
            str(table(tmp_path / "try.csv", [*rows, f"{text},good"]))
        ).train.texts
    )

    message = refusal(table(tmp_path / "mine.csv", [*rows, f"{outside},rare"]))

    assert "expected rows of every label in train, got none of 'rare'" in message


def test_a_single_class_is_refused(tmp_path):
    message = refusal(table(tmp_path / "mine.csv", many(100, ["only"])))

    assert message == "mine: expected two or more labels, got only 'only'"


def test_too_few_rows_to_divide_are_refused(tmp_path):
    message = refusal(table(tmp_path / "mine.csv", many(2)))

    assert "expected rows in every part, got none in" in message


def test_a_missing_file_is_refused(tmp_path):
    assert "none.csv" in refusal(tmp_path / "none.csv", FileNotFoundError)


def test_a_file_of_another_kind_is_refused(tmp_path):
    message = refusal(tmp_path / "mine.parquet")

    assert message.endswith("your own data is a .csv or .tsv file, or a folder")


def test_invalid_utf8_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes("text,label\n很好,1\n".encode("gbk"))

    assert "expected UTF-8 text, got byte 0xba at offset 11" in refusal(path)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.touch()

    assert refusal(path) == f"{path}: expected rows, got an empty file"


def test_a_missing_column_is_refused(tmp_path):
    path = table(tmp_path / "mine.csv", ["a,1"], "sentence,label")

    assert "expected a column 'text' in the header" in refusal(path)
