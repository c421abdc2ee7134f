"""The embedded corpus: docstrings of the installed Python libraries.

Article: §5.3.3 step 1 (数据预处理): real English text that needs no download.

`docstring_corpus` reads the standard library and the libraries of requirements.txt:
some 36,000 documents, 24 million characters, in 4 s on two processor cores, so that no
copy is kept on disk. `docstring_classification` makes a task of it: which library does
this docstring come from? The answer must not stand in the text, so everything spelt
like code is masked; what is left is language.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from roots_tf.datasets import docstring_extraction, splits
from roots_tf.datasets.classification import TextClassificationData, TextExamples

# Library -> the packages that it installs. "python" is the standard library.
LIBRARIES = {
    "ipykernel": ("ipykernel",),
    "jieba": ("jieba",),
    "keras": ("keras",),
    "keras-tuner": ("keras_tuner",),
    "matplotlib": ("matplotlib", "mpl_toolkits"),
    "nbclient": ("nbclient",),
    "nbformat": ("nbformat",),
    "numpy": ("numpy",),
    "packaging": ("packaging",),
    "pandas": ("pandas",),
    "psutil": ("psutil",),
    "pytest": ("_pytest", "pytest"),
    "python": (),
    "scikit-learn": ("sklearn",),
    "scipy": ("scipy",),
    "sentencepiece": ("sentencepiece",),
    "tensorboard": ("tensorboard",),
    "tensorflow": ("tensorflow",),
    "tensorflow-text": ("tensorflow_text",),
}
# The nine with the most documents: the classes of the task.
LABEL_NAMES = (
    *("keras", "matplotlib", "numpy", "pandas", "pytest", "python"),
    *("scikit-learn", "scipy", "tensorflow"),
)
MASK = "IDENTIFIER"

_LEAST_CHARACTERS = 40  # of a document of the corpus
_LEAST_WORDS = 8  # of a text to classify, not counting masks
_KEY_WORDS = 40  # texts that agree in so many words count as the same
_MOST_PROCESSES = 8

# Lines that import, addresses, and the numbers of library versions.
_DROPPED = re.compile(
    r"""^[ \t]*(?:>>>|\.\.\.|In\ \[\d+\]:)?[ \t]*
        (?:import\ [\w.]+(?:\ as\ \w+)?|from\ [\w.]+\ import\b.*)[ \t]*$
      | https?://\S+
      | (?<=::)[ \t]*v?\d[\w.]* | (?<=version)[ \t]+v?\d[\w.]*""",
    re.VERBOSE | re.MULTILINE,
)
_WORD = re.compile(r"scikit[- ]learn|[^\W\d]\w+(?:\.\w+)*", re.IGNORECASE)
# A dot or an underscore inside, or a capital after the start beside small letters:
# `linalg.norm`, `n_samples`, `DataFrame`, `rcParams`; but not "GPUs" or "Parameters".
_CODE = re.compile(r".*(?:\w\.\w|_).*|(?=\w*[a-z]\w)\w+[A-Z]\w*")
_LIBRARY = re.compile(
    r".*(?:keras|matplotlib|numpy|pandas|pylab|pyplot|pytest|python|scikit|scipy"
    r"|sklearn|tensorboard|tensorflow).*|(?:np|pd|plt|sp|tb)|(?:mpl|tf)\w*"
    r"|gh|(?:dataframe|ndarray|ufunc)s?",  # an issue number; lower-case class names
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class Docstring:
    """One document of the corpus.

    Attributes:
        library: a key of `LIBRARIES`.
        qualified_name: dotted name of what it documents, "numpy.linalg._linalg.norm".
        text: the docstring without its indentation, at least 40 characters.
    """

    library: str
    qualified_name: str
    text: str


@cache
def docstring_corpus() -> tuple[Docstring, ...]:
    """Read the docstrings of all `LIBRARIES` that are installed.

    Nothing is imported. Tests, vendored copies and generated code are left out, as are
    repetitions of one text (the first in the order below stays).

    Returns:
        Documents, sorted by library, qualified name and text: the same for the same
        versions of Python and the libraries.
    """
    files = [
        file
        for library, root in corpus_roots()
        for file in docstring_extraction.source_files(library, root)
    ]
    shares = min(_MOST_PROCESSES, os.cpu_count() or 1)
    with ThreadPoolExecutor(shares) as threads:
        found = threads.map(_extract, [files[start::shares] for start in range(shares)])
        documents = sorted(Docstring(*row) for share in found for row in share)
    first: dict[str, Docstring] = {}
    for document in documents:
        if len(document.text) >= _LEAST_CHARACTERS:
            first.setdefault(document.text, document)
    return tuple(first.values())


def corpus_roots() -> Iterator[tuple[str, Path]]:
    """Gives library and folder of each package of `LIBRARIES` that is installed."""
    yield "python", Path(sysconfig.get_path("stdlib"))
    for library, packages in LIBRARIES.items():
        for package in packages:
            spec = find_spec(package)
            if spec is not None and spec.submodule_search_locations:
                yield library, Path(spec.submodule_search_locations[0])


def docstring_classification(max_per_class: int = 1500) -> TextClassificationData:
    """Make the task: which of nine libraries does a docstring come from?

    Texts are masked, see `mask_identifiers`. Of those that agree in their first 40
    words, letters alone and in lower case, one stays, and none if two libraries have
    it. What is left is divided 80/10/10 by a hash of the text.

    Args:
        max_per_class: most texts of one library, those with the lowest hash. The
            default keeps TensorFlow and Python, which have half of all texts, from
            swamping the others, and an epoch short.

    Returns:
        Masked texts in the order of their hash; labels index `LABEL_NAMES`.

    Raises:
        ValueError: if one of the nine libraries is not installed.
    """
    rows = []
    for label, texts in enumerate(_distinct_texts(docstring_corpus())):
        if not texts:
            raise ValueError(
                f"expected the sources of {LABEL_NAMES[label]} to be installed, found "
                "none: run `python -m pip install -r requirements.txt`"
            )
        rows += [(text, label) for text in texts[:max_per_class]]
    rows.sort(key=lambda row: splits.text_digest(row[0]))
    divided, _ = splits.divide({"all": rows})
    parts = {
        part: TextExamples(
            texts=tuple(text for text, _ in divided[part]),
            labels=np.array([label for _, label in divided[part]], np.int32),
        )
        for part in splits.PARTS
    }
    return TextClassificationData("docstrings", "en", LABEL_NAMES, **parts)


def mask_identifiers(text: str) -> str:
    """Hide what names a library rather than describes it.

    Args:
        text: a docstring.

    Returns:
        The text without import lines, addresses and version numbers, with `MASK` for
        library names, their aliases and every word spelt like code.

    Example:
        >>> mask_identifiers("Like np.dot, but n_samples GPUs for a DataFrame.")
        'Like IDENTIFIER, but IDENTIFIER GPUs for a IDENTIFIER.'
    """
    return _WORD.sub(lambda word: _masked(word[0]), _DROPPED.sub("", text)).strip()


@cache
def _masked(word):
    return MASK if _CODE.fullmatch(word) or _LIBRARY.fullmatch(word) else word


def _extract(files):
    """Reads files in a child process, which imports nothing of this package."""
    command = [sys.executable, "-I", "-W", "ignore", docstring_extraction.__file__]
    child = subprocess.run(
        command, input=json.dumps(files), stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(child.stdout)


def _distinct_texts(documents):
    """The masked texts of each label, in the order of the hash of their words."""
    same = defaultdict(list)  # first words -> [(library, masked text)]
    for document in documents:
        if document.library in LABEL_NAMES:
            text = mask_identifiers(document.text)
            words = re.findall(r"[^\W\d_]+", text.replace(MASK, "").lower())
            if len(words) >= _LEAST_WORDS:
                key = " ".join(words[:_KEY_WORDS])
                same[key].append((document.library, text))
    texts = {name: [] for name in LABEL_NAMES}
    for key in sorted(same, key=lambda key: hashlib.sha256(key.encode()).digest()):
        libraries = {library for library, _ in same[key]}
        if len(libraries) == 1:
            texts[libraries.pop()].append(same[key][0][1])
    return list(texts.values())
