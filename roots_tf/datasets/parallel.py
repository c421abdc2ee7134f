"""Parallel data with one schema: pairs of sentences that say the same, in three parts.

Article: §6 (2. 机器翻译).

A sentence may have several translations, and so may each of those: pairs that share a
sentence, on either side, form a group, and a group stands in one part as a whole. Else
a model would be tested on a target that it has learned to write. Which part that is
depends on the group's sentences in *one* of the two languages (English, of Chinese and
English) and so is the same for both directions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.catalog_parallel import PARALLEL
from roots_tf.datasets.text_tables import read_table

PARALLEL_SETS = ("parallel_zh_en", *(data_set.name for data_set in PARALLEL))

_LANGUAGES = ("zh", "en")  # of all sets of the catalog
_FILES = {
    "tatoeba": ({"all": "mt_zh_en/tatoeba_cmn_eng.tsv.gz"}, ("en", "zh", "credit")),
    "3am": (
        {
            "train": "mt_zh_en/3am_train.tsv",
            "validation": "mt_zh_en/3am_val.tsv",
            "test": "mt_zh_en/3am_test.tsv",
        },
        ("en", "zh"),
    ),
}


class SentencePair(NamedTuple):
    """A sentence and its translation."""

    source: str
    target: str


@dataclass(frozen=True)
class ParallelData:
    """A set of sentence pairs, divided so that no sentence is in two parts.

    Attributes:
        name: name of the set; of a user's data, the name of its file or folder.
        source: language that is translated, such as ``zh``.
        target: language that is translated into.
        train: what the model learns from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: how many pairs reading dropped, by reason.
    """

    name: str
    source: str
    target: str
    train: tuple[SentencePair, ...]
    validation: tuple[SentencePair, ...]
    test: tuple[SentencePair, ...]
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of the pairs of all parts."""
        columns = [[self.source, self.target]]
        for part in (self.train, self.validation, self.test):
            columns += [[pair.source for pair in part], [pair.target for pair in part]]
        return splits.content_hash(columns)


def load_parallel(
    name_or_path: str,
    source: str = "zh",
    target: str = "en",
    data_dir: Path | None = None,
) -> ParallelData:
    """Loads a set of sentence pairs, to be translated from source to target.

    A user's own data is a ``.csv`` or ``.tsv`` file with a header column for each of
    the two languages, such as ``zh`` and ``en`` (divided 80/10/10), or a folder with
    ``train.csv``, ``test.csv`` and, if there is one, ``validation.csv``.

    Args:
        name_or_path: a name of `PARALLEL_SETS`, or the path of a user's data.
        source, target: names of the languages, which are the columns.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name or language, or data that is not as described above.
    """
    if source == target:
        raise ValueError(f"expected two languages, got {source!r} twice")
    known = name_or_path in PARALLEL_SETS
    if known and {source, target} != set(_LANGUAGES):
        raise ValueError(
            f"{name_or_path}: expected source and target of {', '.join(_LANGUAGES)}, "
            f"got {source!r} and {target!r}"
        )
    files, header = _files_of(name_or_path, data_dir)
    parts = {
        part: list(_read_pairs(path, source, target, header))
        for part, path in files.items()
    }
    name = name_or_path if known else Path(name_or_path).resolve().stem
    divided, changes = divide_pairs(parts, by=int(target < source))
    for part, pairs in divided.items():
        if not pairs:
            raise ValueError(
                f"{name}: expected pairs in every part, got none in {part} "
                f"({sum(map(len, parts.values()))} read)"
            )
    divided = {part: tuple(pairs) for part, pairs in divided.items()}
    return ParallelData(name, source, target, **divided, changes=dict(changes))


def divide_pairs(
    parts: Mapping[str, Sequence[SentencePair]], by: int
) -> tuple[dict[str, list[SentencePair]], Counter]:
    """Divides pairs so that no sentence, source or target, stands in two parts.

    As ``splits.divide``, which see, but for groups of pairs that share a sentence: of
    ``{"all": pairs}`` a group goes where the smallest hash of its sentences says; of
    given parts, train loses what shares a sentence with test or validation, and
    validation what shares one with test.

    Args:
        parts: pairs by part.
        by: 0 to take the hash of a group from its sources, 1 from its targets.

    Returns:
        The pairs of each part in their order, and how many were dropped for which
        reason.
    """
    rows = [(part, pair) for part, pairs in parts.items() for pair in pairs]
    digests = [tuple(map(splits.text_digest, pair)) for _, pair in rows]
    groups = _groups(digests)
    keys: dict[int, bytes] = {}
    parts_of = defaultdict(set)
    for (part, _), digest, group in zip(rows, digests, groups, strict=True):
        keys[group] = min(keys.get(group, digest[by]), digest[by])
        parts_of[group].add(part)
    dropped: Counter = Counter()
    divided: dict[str, list] = {part: [] for part in splits.PARTS}
    seen = set()
    for (part, pair), digest, group in zip(rows, digests, groups, strict=True):
        if not all(map(str.strip, pair)):
            dropped["empty sentence dropped"] += 1
        elif (part, digest) in seen:
            dropped["repeated pair dropped"] += 1
        elif _given_up(part, parts_of[group]):
            dropped["pair with a sentence of another part dropped"] += 1
        else:
            seen.add((part, digest))
            fraction = splits.hash_fraction(keys[group])
            divided[splits.part_of(part, fraction, "validation" in parts)].append(pair)
    return divided, dropped


def _groups(digests: Sequence[tuple[bytes, bytes]]) -> list[int]:
    """Gives the number of each pair's group: those linked by equal sentences."""
    parent = list(range(len(digests)))

    def root(number):
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first: dict[tuple[int, bytes], int] = {}
    for number, digest in enumerate(digests):
        for side in enumerate(digest):
            parent[root(number)] = root(first.setdefault(side, number))
    return [root(number) for number in range(len(digests))]


def _given_up(part: str, others: set[str]) -> bool:
    """Tells whether a pair gives way to those of its group in another part."""
    if part == "train":
        return bool(others & {"validation", "test"})
    return part == "validation" and "test" in others


def _files_of(name_or_path: str, data_dir) -> tuple[dict[str, Path], tuple | None]:
    """Gives the files of each part, and their columns where they have no header."""
    if name_or_path in _FILES:
        folder, _ = catalog.locate(name_or_path, data_dir)
        files, header = _FILES[name_or_path]
        return {part: folder / file for part, file in files.items()}, header
    path = Path(name_or_path)
    if name_or_path in PARALLEL_SETS:
        path = catalog.PROJECT_DATA / name_or_path
    if not path.is_dir():
        if path.suffix.lower() not in (".csv", ".tsv"):
            raise ValueError(
                catalog.unknown_name(name_or_path, PARALLEL_SETS)
                + "; your own data is a .csv or .tsv file, or a folder"
            )
        return {"all": path}, None
    files = {part: path / f"{part}.csv" for part in splits.PARTS}
    for part in ("train", "test"):
        if not files[part].is_file():
            raise FileNotFoundError(
                f"{path}: expected train.csv, test.csv and perhaps validation.csv, "
                f"got no {part}.csv"
            )
    return {part: file for part, file in files.items() if file.is_file()}, None


def _read_pairs(path, source, target, header) -> Iterator[SentencePair]:
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    rows = read_table(path, (source, target), header=header, delimiter=delimiter)
    for _, texts in rows:
        yield SentencePair(*(" ".join(text.split()) for text in texts))
