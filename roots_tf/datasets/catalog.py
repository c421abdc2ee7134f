"""The catalog: every set by its name, and what of it lies in the data folder.

Article: §5.3.3 (模型训练, step 1), §6 (item 1, text classification).

The environment variable ROOTS_TF_DATA names the data folder; without it the folder is
``data/downloads`` of the project, which git ignores.
"""

import difflib
import hashlib
import os
from pathlib import Path

from roots_tf.datasets.catalog_classification import CLASSIFICATION
from roots_tf.datasets.catalog_dialogue import DIALOGUE
from roots_tf.datasets.catalog_parallel import PARALLEL
from roots_tf.datasets.catalog_plain_text import PLAIN_TEXT
from roots_tf.datasets.catalog_reading_comprehension import READING_COMPREHENSION
from roots_tf.datasets.catalog_summaries import SUMMARIES
from roots_tf.datasets.catalog_tagging import TAGGING
from roots_tf.datasets.catalog_word_relations import WORD_RELATIONS
from roots_tf.datasets.data_set import DataSet

PROJECT_DATA = Path(__file__).resolve().parents[2] / "data"

_WITH_PROJECT = (
    DataSet(
        name="docstrings",
        task="library of a docstring, 9 classes; pairs, tags, questions",
        language="en",
        source="the Python packages installed here",
        licence="that of each package",
        schema="docstrings of the installed libraries; nothing is stored",
    ),
    DataSet(
        name="reviews_zh",
        task="sentiment, 2 classes",
        language="zh",
        source="written for this project, data/reviews_zh",
        licence="Apache-2.0",
        schema="train.csv, test.csv with header: label, subject, manner, text",
    ),
    DataSet(
        name="reviews_en",
        task="sentiment, 2 classes",
        language="en",
        source="written for this project, data/reviews_en",
        licence="Apache-2.0",
        schema="train.csv, test.csv with header: label, subject, manner, text",
    ),
    DataSet(
        name="parallel_zh_en",
        task="translation, everyday sentences",
        language="zh-en",
        source="written for this project, data/parallel_zh_en",
        licence="Apache-2.0",
        schema="train.csv, validation.csv, test.csv with header: zh, en",
    ),
    DataSet(
        name="passages_zh",
        task="answers in a passage",
        language="zh",
        source="written for this project, data/passages_zh",
        licence="Apache-2.0",
        schema="SQuAD 1.1 JSON: train.json, validation.json, test.json",
    ),
    DataSet(
        name="passages_en",
        task="answers in a passage",
        language="en",
        source="written for this project, data/passages_en",
        licence="Apache-2.0",
        schema="SQuAD 1.1 JSON: train.json, validation.json, test.json",
    ),
    DataSet(
        name="dialogues_zh",
        task="dialogue, everyday situations",
        language="zh",
        source="written for this project, data/dialogues_zh",
        licence="Apache-2.0",
        schema="train, validation, test.jsonl, a line: {turns: [text …], topic}",
    ),
    DataSet(
        name="dialogues_en",
        task="dialogue, everyday situations",
        language="en",
        source="written for this project, data/dialogues_en",
        licence="Apache-2.0",
        schema="train, validation, test.jsonl, a line: {turns: [text …], topic}",
    ),
    DataSet(
        name="retrieval_questions",
        task="which docstring answers the question",
        language="zh-en",
        source="written for this project, data/retrieval_questions",
        licence="Apache-2.0",
        schema="validation.csv, test.csv with header: question, answers, language",
    ),
)

CATALOG: dict[str, DataSet] = {
    data_set.name: data_set
    for data_set in (
        *_WITH_PROJECT,
        *CLASSIFICATION,
        *TAGGING,
        *READING_COMPREHENSION,
        *PARALLEL,
        *DIALOGUE,
        *PLAIN_TEXT,
        *SUMMARIES,
        *WORD_RELATIONS,
    )
}


def data_folder() -> Path:
    """Returns the folder that holds the public sets; it need not exist."""
    named = os.environ.get("ROOTS_TF_DATA")
    return Path(named) if named else PROJECT_DATA / "downloads"


def find_set(name: str) -> DataSet:
    """Returns the catalog entry of `name`.

    Raises:
        ValueError: the catalog has no such name; the message names the nearest one.
    """
    if name not in CATALOG:
        raise ValueError(unknown_name(name, tuple(CATALOG)))
    return CATALOG[name]


def unknown_name(name: str, names: tuple[str, ...]) -> str:
    """Returns the one line that answers a set name which is not among `names`."""
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"expected a data set of {', '.join(names)}, got {name!r}{hint}"


def edition(data_set: DataSet, folder: Path) -> str | None:
    """Tells which edition of a set is complete in `folder`.

    Returns:
        ``"with project"``, ``"prepared"``, ``"official"``, or None where the set is
        absent or incomplete.
    """
    if not data_set.files:
        return "with project"
    if all((folder / file.path).is_file() for file in data_set.files):
        return "prepared"
    fetched = [folder / (file.unpack_to or file.path) for file in data_set.downloads]
    if fetched and all(path.exists() for path in fetched):
        return "official"
    return None


def locate(name: str, data_dir: Path | None = None) -> tuple[Path, str]:
    """Finds a public set.

    Args:
        name: a name of the catalog.
        data_dir: the data folder; default `data_folder()`.

    Returns:
        The data folder and the edition that it holds, ``"prepared"`` or ``"official"``.

    Raises:
        FileNotFoundError: a file is missing; the message says how to get it.
    """
    data_set = find_set(name)
    folder = data_folder() if data_dir is None else Path(data_dir)
    found = edition(data_set, folder)
    if found is None:
        missing = next(
            file.path for file in data_set.files if not (folder / file.path).is_file()
        )
        raise FileNotFoundError(
            f"{name}: {folder / missing} is missing: set ROOTS_TF_DATA to a folder "
            f"that has it, or {how_to_get(data_set)}"
        )
    return folder, found


def how_to_get(data_set: DataSet) -> str:
    """Returns the half sentence that says how to come by a set."""
    if data_set.downloads:
        return f"run: python -m roots_tf.datasets fetch {data_set.name}"
    files = ", ".join(file.path for file in data_set.files)
    return f"get it by hand from {data_set.by_hand} and save it as {files}"


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file as lower-case hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def verify(data_set: DataSet, folder: Path) -> dict[str, str]:
    """Compares the files of a set that lie in `folder` with the catalog.

    Of an archive the archive itself is compared, not what was unpacked from it.

    Returns:
        For each file of the edition found there, its path relative to `folder` and what
        is wrong with it, ``""`` where its SHA-256 is the expected one.

    Raises:
        FileNotFoundError: the set is absent or incomplete.
    """
    if not data_set.files:
        return {}
    _, found = locate(data_set.name, folder)
    problems = {}
    for file in data_set.files if found == "prepared" else data_set.downloads:
        path = folder / file.path
        if not path.is_file():
            problems[file.path] = "expected the fetched archive, got no file"
        elif path.stat().st_size != file.size:
            size = path.stat().st_size
            problems[file.path] = f"expected {file.size} bytes, got {size}"
        else:
            got = file_sha256(path)
            wrong = got != file.sha256
            problems[file.path] = f"expected SHA-256 {file.sha256}, got {got}" * wrong
    return problems
