"""Two domains in tokens for the domain script: the old one and the new one.

Article: §8.3 (领域特定模型).
"""

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import LIBRARIES, docstring_corpus
from roots_tf.datasets.parallel import load_parallel
from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.datasets.reading_comprehension import load_reading_comprehension
from roots_tf.datasets.splits import content_hash
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.tokenizer import Tokenizer

_LEARNED_FROM = 2_000_000  # characters of the old domain that the tokenizer learns from
_MOST_HELD_OUT = 30_000  # characters of a domain for validation, and for the test
_PIECE = 100_000  # characters that are tokenised at once


@dataclasses.dataclass(frozen=True)
class Domain:
    """A text in tokens: of training, validation and test, (N,) int32 each."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclasses.dataclass(frozen=True)
class DomainData:
    """The texts pretrained on, and those to adapt to.

    Attributes:
        name: of the new domain, and of the old one.
        content_hash: SHA-256 of both texts.
        tokenizer: of both; the base's, or learned from the old domain's training text.
        new, old: the domains.
    """

    name: str
    content_hash: str
    tokenizer: Tokenizer
    new: Domain
    old: Domain


def read_domains(options, tokenizer: Tokenizer | None) -> DomainData:
    """Reads both domains, and learns the tokenizer if the base does not give one.

    Raises:
        ValueError: a text is no text, or too short for its three parts.
        OSError: it cannot be read.
    """
    texts = {}
    for domain, name in (("new", options.data), ("old", options.old)):
        print(f"Reading {name} ...", flush=True)
        text = "\n".join(_documents(name, options.data))[: options.characters]
        held_out = min(len(text) // 10, _MOST_HELD_OUT)
        ends = [len(text) - 2 * held_out, len(text) - held_out]
        most = options.new_characters if domain == "new" else ends[0]
        train = text[: min(most, ends[0])]
        texts[domain] = train, text[ends[0] : ends[1]], text[ends[1] :]
    if tokenizer is None:
        pieces = _pieces(texts["old"][0][:_LEARNED_FROM])
        tokenizer = BytePairTokenizer.learn(pieces, options.vocab_size)
    domains = {}
    for domain, name in (("new", options.data), ("old", options.old)):
        domains[domain] = Domain(*(_encode(tokenizer, part) for part in texts[domain]))
        counts = [len(part) for part in dataclasses.astuple(domains[domain])]
        print(f"{domain}, {name}: tokens of training, validation, test: {counts}")
        if counts[0] <= options.context or min(counts) < 2:
            raise ValueError(
                f"{name}: expected over {options.context} tokens (the context) for "
                f"training and 2 or more for validation and test, got {counts}"
            )
    name = Path(options.data).resolve().name.partition(".")[0]
    return DomainData(
        name, content_hash(texts.values()), tokenizer, domains["new"], domains["old"]
    )


def _documents(name: str, new: str) -> Iterable[str]:
    """Gives a domain's documents; "docstrings" are those that are not the new one's."""
    if name in LIBRARIES or name == "docstrings":
        texts = {
            document.text + "\n"
            for document in docstring_corpus()
            if (
                document.library == name
                if name in LIBRARIES
                else document.library != new
            )
        }
        # In the order of a hash, so that any part of them has all kinds.
        return sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
    if name == "zh":
        passages = load_reading_comprehension("passages_zh")
        pairs = load_parallel("parallel_zh_en")
        texts = [question.passage for question in passages.train]
        return dict.fromkeys([*texts, *(pair.source for pair in pairs.train)])
    if name == "reviews_zh":
        return load_classification(name).train.texts
    return load_plain_text(name).documents()


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _encode(tokenizer: Tokenizer, text: str) -> np.ndarray:
    pieces = [tokenizer.encode([piece]).flat_values for piece in _pieces(text)]
    return np.concatenate(pieces or [np.zeros(0)]).astype(np.int32)
