"""Token tagging data with one schema: tokens and BIO tags, three parts.

Article: §5.2 (the printed model labels every token: erratum E12), §5.3.3 (模型训练).

Tags are ``O``, ``B-type`` (first token of an entity) and ``I-type`` (a further one).
How sentences are divided, and which are dropped, stands in `splits.divide`; the text of
a sentence is its tokens joined by spaces.

Decisions, each counted in `TaggingData.changes`:

* An ``I-`` tag that continues nothing (after ``O`` or another type) opens an entity for
  conlleval; it is written as ``B-``, which means the same entities in every reader.
* CLUENER marks spans. BIO cannot hold one span inside another: of two that overlap, the
  longer stays.

Source: Ramshaw and Marcus 1995 (cmp-lg/9505040) for BIO, in the variant where ``B-``
opens every entity; the conlleval script of the CoNLL-2000 shared task.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.tagging_files import TAGGING_READERS

TAGGING_SETS = ("docstrings", *TAGGING_READERS)


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences with a tag on every token.

    Attributes:
        tokens: N sentences of tokens: words, in Chinese sets characters.
        tags: N sentences of tags, each as long as its tokens.
    """

    tokens: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]

    def __post_init__(self):
        lengths = [len(sentence) for sentence in self.tokens]
        if lengths != [len(sentence) for sentence in self.tags]:
            raise ValueError("expected one tag for each token, got other numbers")

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class TaggingData:
    """A tagging set, divided so that no sentence is in two parts.

    Attributes:
        name: name of the set.
        language: ``en`` or ``zh``.
        train: what the model learns from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: what reading changed or dropped: how often, by reason.
    """

    name: str
    language: str
    train: TaggedSentences
    validation: TaggedSentences
    test: TaggedSentences
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def tag_names(self) -> tuple[str, ...]:
        """Every tag of the set, ``O`` first, the others sorted."""
        found = {
            tag
            for part in (self.train, self.validation, self.test)
            for sentence in part.tags
            for tag in sentence
        }
        return ("O", *sorted(found - {"O"}))

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of the tokens and tags of all parts."""
        columns = []
        for part in (self.train, self.validation, self.test):
            columns.append("\x1f".join(sentence) for sentence in part.tokens)
            columns.append("\x1f".join(sentence) for sentence in part.tags)
        return splits.content_hash(columns)


def load_tagging(name: str, data_dir: Path | None = None) -> TaggingData:
    """Loads a tagging set.

    wnut17 keeps its official parts. cluener's test part has no published tags, so its
    development part is the test part here, and 10 % of train is validation. msra lies
    in one file: 80/10/10 by a hash of the text; so are the docstrings of the installed
    libraries, see ``docstring_tasks``.

    Args:
        name: a name of `TAGGING_SETS`.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Returns:
        The set in three parts.

    Raises:
        FileNotFoundError: the set is not there.
        ValueError: an unknown name, or a file that is not as the catalog describes it.
    """
    if name not in TAGGING_SETS:
        raise ValueError(catalog.unknown_name(name, TAGGING_SETS))
    changes: Counter = Counter()
    if name == "docstrings":
        from roots_tf.datasets.docstring_tasks import docstring_sentences

        sentences = {"all": docstring_sentences()}
    else:
        folder, edition = catalog.locate(name, data_dir)
        sentences = TAGGING_READERS[name](folder, edition, changes)
    rows = {
        part: [(" ".join(tokens), (tokens, tags)) for tokens, tags in found]
        for part, found in sentences.items()
    }
    divided, dropped = splits.divide(rows)
    parts = {}
    for part, part_rows in divided.items():
        if not part_rows:
            raise ValueError(f"{name}: expected sentences in {part}, got none")
        tokens, tags = zip(*(sentence for _, sentence in part_rows), strict=True)
        parts[part] = TaggedSentences(tokens, tags)
    language = catalog.CATALOG[name].language
    return TaggingData(name, language, **parts, changes=dict(changes + dropped))
