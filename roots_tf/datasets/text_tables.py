"""Text files of rows: UTF-8 or a clear refusal, and a line number for each row.

Article: §5.3.3 (模型训练, step 1).
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Reads a text file, unpacking ``.gz``; a byte order mark at its head is left out.

    Raises:
        OSError: the file cannot be read.
        ValueError: broken gzip, bytes that are not of the encoding, or nothing but
            white space.
    """
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: expected a whole gzip file, {error}") from error
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected {encoding.upper()} text, got byte "
            f"0x{data[error.start]:02x} at offset {error.start}"
        ) from error
    if not text.strip("\ufeff \t\r\n"):
        raise ValueError(f"{path}: expected rows, got an empty file")
    return text.removeprefix("\ufeff")


def read_table(
    path: Path,
    columns: Sequence[str],
    *,
    header: Sequence[str] | None = None,
    delimiter: str = ",",
) -> Iterator[tuple[int, list[str]]]:
    """Reads chosen columns of a table.

    Commas: CSV by RFC 4180, double quotes around fields. Tabs: no quoting, as in
    text/tab-separated-values, so that a lone quotation mark is text.

    Args:
        path: the file.
        columns: names of the columns wanted.
        header: the column names of a file that has no header row.
        delimiter: ``","`` or a tab.

    Yields:
        The line a row begins on, from 1, and its values in the order of `columns`.

    Raises:
        ValueError: a column is missing, or a row is broken.
    """
    lines = io.StringIO(read_text(path), newline="")
    if delimiter == "\t":
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        names = [name.strip() for name in (next(rows) if header is None else header)]
        missing = [column for column in columns if column not in names]
        if missing:
            raise ValueError(
                f"{path}, line 1: expected a column {missing[0]!r} in the header, "
                f"got {', '.join(names)}"
            )
        wanted = [names.index(column) for column in columns]
        line = rows.line_num + 1
        for row in rows:
            if row and len(row) != len(names):
                raise ValueError(
                    f"{path}, line {line}: expected {len(names)} columns, "
                    f"got {len(row)}"
                )
            if row:
                yield line, [row[index] for index in wanted]
            line = rows.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {line}: broken row, {error}") from error


def labelled_rows(
    path: Path,
    columns: Sequence[str],
    names: Mapping[str, str] | None = None,
    joint: str = " ",
    **table,
) -> list[tuple[str, str]]:
    """Reads texts with their labels.

    Args:
        path: the file.
        columns: the text columns, joined, and last the label column.
        names: name of each label that may stand in the file; None takes any label as
            its own name.
        joint: what texts are joined by; inside of them it becomes a space.
        **table: `header` and `delimiter` of `read_table`.

    Returns:
        Rows of (text, label name).

    Raises:
        ValueError: a label that is not in `names`, an empty one, or no row at all.
    """
    rows = []
    for line, (*texts, label) in read_table(path, columns, **table):
        label = label.strip()
        if not label if names is None else label not in names:
            known = "a label" if names is None else "a label of " + ", ".join(names)
            raise ValueError(f"{path}, line {line}: expected {known}, got {label!r}")
        text = joint.join(text.replace(joint, " ") for text in texts)
        rows.append((text, label if names is None else names[label]))
    if not rows:
        raise ValueError(f"{path}: expected rows below the header, got none")
    return rows
