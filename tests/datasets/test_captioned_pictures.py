"""A folder of pictures with captions: two forms, scaled, divided, refused."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.datasets.captioned_pictures import read_folder


def write_picture(path, colour, height=8, width=8):
    pixels = np.zeros((height, width, 3), np.uint8) + np.array(colour, np.uint8)
    path.write_bytes(tf.io.encode_png(pixels).numpy())


def colour_of(number):
    return (number * 3 % 256, number * 5 % 256, number * 7 % 256)


@pytest.fixture
def beside(tmp_path):
    """60 pictures, each with its text."""
    for number in range(60):
        write_picture(tmp_path / f"{number}.png", colour_of(number))
        (tmp_path / f"{number}.txt").write_text(
            f"picture\n number {number} 图", "utf-8"
        )
    return tmp_path


@pytest.fixture
def table(tmp_path):
    """30 pictures with two captions each, in a table."""
    with open(tmp_path / "captions.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "caption", "source"])
        for number in range(30):
            write_picture(tmp_path / f"{number}.png", colour_of(number))
            rows.writerow([f"{number}.png", f"picture number {number}", ""])
            rows.writerow([f"{number}.png", f"number {number}, again", ""])
    return tmp_path


@pytest.mark.parametrize("form", ["beside", "table"])
def test_every_pair_is_in_one_part_with_its_own_picture(form, request):
    folder = request.getfixturevalue(form)

    parts, digest = read_folder(folder, 8)

    assert sum(map(len, parts.values())) == 60
    captions = [set(part.captions) for part in parts.values()]
    assert not captions[0] & captions[1] and not captions[0] & captions[2]
    for part in parts.values():
        for picture, caption in zip(part.pictures, part.captions, strict=True):
            number = int("".join(filter(str.isdigit, caption)))
            assert (picture == colour_of(number)).all()
    assert len(digest) == 64 and digest == read_folder(folder, 8)[1]


def test_a_wide_picture_is_scaled_to_fit_and_stands_before_black(beside):
    for number in range(60):
        write_picture(beside / f"{number}.png", (90, 90, 90), height=16, width=32)

    parts, _ = read_folder(beside, 16)

    picture = parts["train"].pictures[0]
    assert picture.shape == (16, 16, 3)
    assert (picture[4:12] == 90).all()
    assert not picture[:4].any() and not picture[12:].any()


def test_a_repeated_caption_stays_once(beside, capsys):
    (beside / "1.txt").write_text("Picture number 0 图")

    parts, _ = read_folder(beside, 8)

    assert sum(map(len, parts.values())) == 59
    assert "1 x repeated caption dropped" in capsys.readouterr().out


def damage(folder, name):
    (folder / name).write_bytes(b"no picture")


@pytest.mark.parametrize(
    "harm, expected",
    [
        (lambda f: (f / "7.txt").unlink(), r"7\.png: expected its caption beside it"),
        (
            lambda f: (f / "7.txt").write_text(" "),
            r"7\.txt: expected rows, got an empty",
        ),
        (lambda f: damage(f, "7.png"), r"7\.png: expected a picture as \.png.*damaged"),
        (lambda f: [p.unlink() for p in f.glob("[1-9]*")], "expected 10 different"),
        (
            lambda f: [p.unlink() for p in f.iterdir()],
            r"expected captions\.csv, or pic",
        ),
    ],
)
def test_what_is_missing_or_damaged_beside_pictures_is_named(harm, expected, beside):
    harm(beside)

    with pytest.raises(ValueError, match=expected):
        read_folder(beside, 8)


@pytest.mark.parametrize(
    "row, expected",
    [
        (
            "nowhere.png,a text,",
            r"captions\.csv, line 62: expected a picture .*nowhere",
        ),
        ("1.png, ,", r"captions\.csv, line 62: expected a caption, got none"),
        ("1.png", r"line 62: expected 3 columns, got 1"),
    ],
)
def test_a_bad_row_of_the_table_is_named_by_its_line(row, expected, table):
    with open(table / "captions.csv", "a", encoding="utf-8") as file:
        file.write(row + "\n")

    with pytest.raises(ValueError, match=expected):
        read_folder(table, 8)


def test_a_table_without_the_columns_and_a_missing_folder_are_refused(table):
    (table / "captions.csv").write_text("picture,text\n1.png,a\n")

    with pytest.raises(ValueError, match="expected a column 'file'"):
        read_folder(table, 8)
    with pytest.raises(FileNotFoundError, match="expected a folder of pictures"):
        read_folder(table / "nowhere", 8)
