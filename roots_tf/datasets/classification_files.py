"""Readers of the public classification sets, as their files lie in the data folder.

Article: §5.3.3 (模型训练, step 1), §6 (item 1, text classification).

Each reader takes the data folder and the edition in it (`catalog.locate`) and returns
the label names and, by part, rows of (text, label name) in the order of the files.
"""

import re
from collections.abc import Callable
from pathlib import Path

from roots_tf.datasets.text_tables import labelled_rows, read_text

Labelled = tuple[tuple[str, ...], dict[str, list[tuple[str, str]]]]

SENTIMENT = ("negative", "positive")
_SENTIMENT_DIGITS = {"0": "negative", "1": "positive"}
_AG_NEWS = {"1": "World", "2": "Sports", "3": "Business", "4": "Sci/Tech"}
_TREC = {
    "ABBR": "abbreviation",
    "DESC": "description",
    "ENTY": "entity",
    "HUM": "human",
    "LOC": "location",
    "NUM": "number",
}
_TREE_LEAF = re.compile(r"\([0-4] ([^()]+)\)")


def _read_imdb(folder: Path, edition: str) -> Labelled:
    """IMDB; ``<br />`` marks become spaces."""
    parts = {}
    for part in ("train", "test"):
        if edition == "official":
            rows = [
                (read_text(file), label)
                for label in SENTIMENT
                for file in _review_files(
                    folder / "imdb/official/aclImdb" / part / label[:3]
                )
            ]
        else:
            path = folder / "imdb" / f"{part}.csv.gz"
            rows = labelled_rows(path, ("text", "label"), _SENTIMENT_DIGITS)
        parts[part] = [(text.replace("<br />", " "), label) for text, label in rows]
    return SENTIMENT, parts


def _review_files(folder):
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise ValueError(f"{folder}: expected one .txt file per review, got none")
    return files


def _read_sst2(folder: Path, edition: str) -> Labelled:
    """SST-2, whole sentences; of the official trees the neutral ones are left out."""
    parts = {}
    for part, name in (("train", "train"), ("validation", "dev"), ("test", "test")):
        if edition == "official":
            parts[part] = _tree_rows(folder / f"sst2/official/trees/{name}.txt")
        else:
            parts[part] = labelled_rows(
                folder / f"sst2/{name}.tsv",
                ("text", "label"),
                _SENTIMENT_DIGITS,
                header=("text", "label"),
                delimiter="\t",
            )
    return SENTIMENT, parts


def _tree_rows(path):
    """Sentences of Penn treebank trees ``(3 (2 It) (4 …))``; root 0-1 or 3-4 counts."""
    rows = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        leaves = _TREE_LEAF.findall(line)
        if not leaves or line[1] not in "01234":
            raise ValueError(
                f"{path}, line {number}: expected a tree, got {line!r:.40}"
            )
        if line[1] != "2":
            text = " ".join(leaves).replace("-LRB-", "(").replace("-RRB-", ")")
            rows.append((text.lower(), SENTIMENT[line[1] in "34"]))
    return rows


def _read_ag_news(folder: Path, edition: str) -> Labelled:
    """AG News: title and description joined by a space.

    The prepared edition trains on two published samples of the training part; the
    second has descriptions alone. Its results do not compare with those of the official
    120,000 rows.
    """
    labels = tuple(_AG_NEWS.values())
    title_and_text = ("title", "description", "class")
    folder = folder / "ag_news"
    if edition == "official":
        header = ("class", "title", "description")
        return labels, {
            part: labelled_rows(
                folder / f"official/{part}.csv", title_and_text, _AG_NEWS, header=header
            )
            for part in ("train", "test")
        }
    subset = labelled_rows(folder / "train_subset.csv", ("text", "class"), _AG_NEWS)
    descriptions = labelled_rows(
        folder / "train_descriptions.csv", ("description", "class"), _AG_NEWS
    )
    return labels, {
        "train": subset + descriptions,
        "test": labelled_rows(folder / "test.csv", title_and_text, _AG_NEWS),
    }


def _read_trec(folder: Path, edition: str) -> Labelled:
    """TREC questions with their coarse type; the official files are Latin-1."""
    folder = folder / "trec"
    if edition == "official":
        files = {"train": "train_5500.label", "test": "TREC_10.label"}
        parts = {p: _trec_rows(folder / "official" / f) for p, f in files.items()}
    else:
        parts = {
            part: labelled_rows(folder / f"{part}.csv", ("text", "coarse"), _TREC)
            for part in ("train", "test")
        }
    return tuple(_TREC.values()), parts


def _trec_rows(path):
    """Lines ``COARSE:fine question``."""
    rows = []
    lines = read_text(path, "latin-1").rstrip("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        label, _, text = line.partition(" ")
        coarse = label.partition(":")[0]
        if coarse not in _TREC:
            raise ValueError(
                f"{path}, line {number}: expected a label of {', '.join(_TREC)}, "
                f"got {coarse!r}"
            )
        rows.append((text, _TREC[coarse]))
    return rows


def _read_thucnews(folder: Path, edition: str) -> Labelled:
    """THUCNews headlines; class.txt names the classes, numbered from 0."""
    folder = folder / "thucnews"
    labels = tuple(read_text(folder / "class.txt").split())
    files = {"train": "train_45k.txt", "validation": "dev.txt", "test": "test.txt"}
    parts = {
        part: labelled_rows(
            folder / file,
            ("title", "class"),
            {str(number): label for number, label in enumerate(labels)},
            header=("title", "class"),
            delimiter="\t",
        )
        for part, file in files.items()
    }
    return labels, parts


def _review_reader(file: str) -> Callable[[Path, str], Labelled]:
    """Makes the reader of a one-file set with columns label (0, 1) and review.

    The hotel rows of online_shopping repeat most of chnsenticorp: never train on one
    and test on the other.
    """

    def read(folder: Path, edition: str) -> Labelled:
        rows = labelled_rows(folder / file, ("review", "label"), _SENTIMENT_DIGITS)
        return SENTIMENT, {"all": rows}

    return read


READERS: dict[str, Callable[[Path, str], Labelled]] = {
    "imdb": _read_imdb,
    "sst2": _read_sst2,
    "ag_news": _read_ag_news,
    "trec": _read_trec,
    "chnsenticorp": _review_reader("chnsenticorp_htl/ChnSentiCorp_htl.csv"),
    "thucnews": _read_thucnews,
    "waimai": _review_reader("waimai_10k/waimai_10k.csv"),
    "online_shopping": _review_reader(
        "online_shopping_10_cats/online_shopping_10_cats.csv.gz"
    ),
}
