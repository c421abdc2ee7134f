"""Tables are read whole, or refused in one line that names file and line."""

import gzip

import pandas
import pytest

from roots_tf.datasets.text_tables import labelled_rows, read_table, read_text


@pytest.fixture
def file(tmp_path):
    def write(data: str | bytes, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def refusal(call, *arguments, **keywords) -> str:
    with pytest.raises(ValueError) as caught:
        list(call(*arguments, **keywords))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_quotes_commas_and_line_breaks_are_read_as_pandas_reads_them(file):
    path = file('label,text\r\n1,"a, ""b"""\r\n0,"two\nlines"\r\n1,中文 😀\r\n')

    rows = [values for _, values in read_table(path, ("text", "label"))]

    frame = pandas.read_csv(path, dtype=str)
    assert rows == frame[["text", "label"]].to_numpy().tolist()


def test_a_row_is_known_by_the_line_it_begins_on(file):
    path = file('text,label\n"a\nb",1\n\nc,0\n')

    assert [line for line, _ in read_table(path, ("text",))] == [2, 5]


def test_tabs_leave_quotation_marks_alone(file):
    path = file('text\tlabel\n"Start of a quote\t1\n')

    rows = labelled_rows(path, ("text", "label"), delimiter="\t")

    assert rows == [('"Start of a quote', "1")]


def test_a_byte_order_mark_is_no_part_of_the_first_name(file):
    path = file("\ufefftext,label\na,1\n")

    assert labelled_rows(path, ("text", "label")) == [("a", "1")]


def test_gzip_is_unpacked(file):
    path = file(gzip.compress(b"text,label\na,1\n"), "data.csv.gz")

    assert labelled_rows(path, ("text", "label")) == [("a", "1")]


def test_broken_gzip_is_refused(file):
    path = file(gzip.compress(b"text,label\na,1\n" * 99)[:-9], "data.csv.gz")

    assert "expected a whole gzip file" in refusal(read_text, path)


def test_invalid_utf8_is_refused_with_its_offset(file):
    path = file(b"text,label\nab\xff,1\n")

    message = refusal(read_text, path)

    assert message == f"{path}: expected UTF-8 text, got byte 0xff at offset 13"


@pytest.mark.parametrize("data", ["", "\n \r\n", "\ufeff\n"])
def test_an_empty_file_is_refused(file, data):
    assert "empty file" in refusal(read_text, file(data))


def test_a_header_without_rows_is_refused(file):
    message = refusal(labelled_rows, file("text,label\n"), ("text", "label"))

    assert "expected rows below the header, got none" in message


def test_a_missing_column_is_refused(file):
    path = file("review,label\na,1\n")

    message = refusal(read_table, path, ("text", "label"))

    assert message == (
        f"{path}, line 1: expected a column 'text' in the header, got review, label"
    )


def test_a_row_of_other_length_is_refused(file):
    path = file("text,label\na,1\nb, c,0\n")

    message = refusal(read_table, path, ("text",))

    assert message == f"{path}, line 3: expected 2 columns, got 3"


def test_a_quote_that_never_closes_is_refused(file):
    path = file('text,label\na,1\n"b,0\n')

    assert f"{path}, line 3: broken row" in refusal(read_table, path, ("text",))


def test_a_label_outside_the_schema_is_refused(file):
    path = file("text,label\na,1\nb,2\n")

    message = refusal(labelled_rows, path, ("text", "label"), {"0": "n", "1": "p"})

    assert message == f"{path}, line 3: expected a label of 0, 1, got '2'"


def test_an_empty_label_is_refused(file):
    path = file("text,label\na, \n")

    message = refusal(labelled_rows, path, ("text", "label"))

    assert message == f"{path}, line 2: expected a label, got ''"
