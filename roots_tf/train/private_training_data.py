"""The private texts of the privacy script, canaries among them, and texts to compare.

Article: §8.4 (隐私保护与安全性).

    members   what the model is trained on: texts, and the planted canaries
    others    as many texts of the same kind, never trained on
    public    more of them, which anybody may know: the vocabulary and the model's
              first weights are learned from these. Learned from the members they would
              tell of them, whatever noise is added later
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from roots_tf.datasets.dialogue import DIALOGUE_SETS, load_dialogues
from roots_tf.datasets.own_files import language_of
from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.text.sensitive_strings import (
    find_sensitive_strings,
    mask_sensitive_strings,
)
from roots_tf.text.tokenizer import Tokenizer, learn_tokenizer
from roots_tf.trends.canaries import Canary, make_canaries

_SHORTEST, _LONGEST = 8, 2_000  # characters of a text; of a longer one the beginning


@dataclass(frozen=True)
class Examples:
    """Texts as examples for a language model.

    Attributes:
        token_ids, targets: (N, T) int32; the targets are the tokens one further on.
        weights: (N, T) float32, 0 for filling.
    """

    token_ids: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.token_ids)

    def rows(self, rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gives token ids, targets and weights of some rows."""
        return self.token_ids[rows], self.targets[rows], self.weights[rows]


@dataclass(frozen=True)
class PrivateData:
    """All that the script trains on and measures with.

    Attributes:
        name: of the text.
        content_hash: SHA-256 of the texts of all three kinds, before masking.
        tokenizer: learned from public texts.
        members, others, public: examples; the members' last rows are the canaries.
        canaries: the planted secrets.
        masked: how many sensitive strings of members were masked; None if not asked.
    """

    name: str
    content_hash: str
    tokenizer: Tokenizer
    members: Examples
    others: Examples
    public: Examples
    canaries: list[Canary]
    masked: int | None

    @property
    def run_name(self) -> str:
        """What to name a run after: "docstrings", or of a path its last part."""
        return Path(self.name).resolve().name.partition(".")[0] or "text"


def read_private_data(options) -> PrivateData:
    """Reads the text, plants the canaries, masks if asked, and cuts into tokens.

    Raises:
        ValueError: there is too little text, or the context is too short for a canary.
        OSError: the text cannot be read.
    """
    print(f"Reading {options.data} ...", flush=True)
    name, texts = _distinct_texts(options.data)
    count = options.records
    needed = 2 * count + options.public_records
    if len(texts) < needed:
        raise ValueError(
            f"{name}: expected {needed:,} different texts of {_SHORTEST} characters or "
            f"more (twice --records and --public-records), got {len(texts):,}"
        )
    order = np.random.default_rng(options.seed).permutation(len(texts))
    texts = [texts[row] for row in order[:needed]]
    content = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    canaries = make_canaries(options.canaries, language_of(texts[:200]), options.seed)
    members = texts[:count] + [canary.text for canary in canaries]
    others, public = texts[count : 2 * count], texts[2 * count :]
    masked = None
    if options.mask_sensitive:
        masked = sum(len(find_sensitive_strings(text)) for text in members)
        members, others, public = (
            [mask_sensitive_strings(text) for text in part]
            for part in (members, others, public)
        )
    tokenizer = learn_tokenizer("byte-bpe", public, options.vocab_size)
    longest = max(len(ids) for ids in tokenizer.encode([c.text for c in canaries]))
    if longest > options.context + 1:
        raise ValueError(
            f"--context: expected {longest - 1} or more, which the canaries need, "
            f"got {options.context}"
        )
    return PrivateData(
        name,
        content,
        tokenizer,
        make_examples(tokenizer, members, options.context),
        make_examples(tokenizer, others, options.context),
        make_examples(tokenizer, public, options.context),
        canaries,
        masked,
    )


def make_examples(tokenizer: Tokenizer, texts: list[str], context: int) -> Examples:
    """Cuts each text into tokens, and keeps the first ``context + 1``.

    Raises:
        ValueError: a text has fewer than two tokens: there is nothing to predict.
    """
    ids = tokenizer.encode(texts)[:, : context + 1]
    lengths = ids.row_lengths().numpy()
    if lengths.min() < 2:
        raise ValueError(f"expected 2 tokens or more, got {texts[lengths.argmin()]!r}")
    dense = ids.to_tensor(shape=(None, context + 1)).numpy().astype(np.int32)
    weights = np.arange(context) < lengths[:, None] - 1
    return Examples(dense[:, :-1], dense[:, 1:], weights.astype(np.float32))


def _distinct_texts(name: str) -> tuple[str, list[str]]:
    if name in DIALOGUE_SETS:
        data = load_dialogues(name)
        dialogues = data.train + data.validation + data.test
        lines = (turn for dialogue in dialogues for turn in dialogue.turns)
    else:
        data = load_plain_text(name)
        lines = iter(data)
    texts = dict.fromkeys(line[:_LONGEST] for line in lines if len(line) >= _SHORTEST)
    return data.name, list(texts)
