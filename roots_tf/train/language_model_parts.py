"""The parts of the GPT script: text into tokens, measures, texts written on the way.

Article: §2.1, §6 (4. 文本生成), §9.2.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.evaluation.perplexity import bits_per_character, perplexity
from roots_tf.models.gpt import GptConfig
from roots_tf.monitoring.attention_maps import attention_image
from roots_tf.optimization import losses
from roots_tf.text.random_windows import windows_in_order
from roots_tf.text.tokenizer import Tokenizer, learn_tokenizer

_PIECE = 100_000  # characters that are tokenised at once
_MEASURED = 64  # windows a batch when measuring
_TOKENS_DRAWN = 24  # in the pictures of attention


@dataclass(frozen=True)
class LanguageModelData:
    """A text in tokens, its end kept apart.

    Attributes:
        name: of the text.
        content_hash: SHA-256 of the text.
        tokenizer: learned from the training part.
        train, validation: token ids (N,) int32.
        validation_characters, validation_bytes: of the validation part, in UTF-8.
    """

    name: str
    content_hash: str
    tokenizer: Tokenizer
    train: np.ndarray
    validation: np.ndarray
    validation_characters: int
    validation_bytes: int

    @property
    def run_name(self) -> str:
        """What to name a run after: "docstrings", or of a path its last part."""
        return Path(self.name).resolve().name.partition(".")[0] or "text"

    @property
    def prompt(self) -> str:
        """The first character of the training part, for want of another beginning."""
        return self.tokenizer.decode(self.train[:8])[:1]


def read_text(options) -> LanguageModelData:
    """Reads the text into memory, learns the tokenizer and cuts the text into tokens.

    Raises:
        ValueError: the text is no text, or too short for training and validation.
        OSError: it cannot be read.
    """
    source = load_plain_text(options.data)
    print(f"Reading {source.name} ...", flush=True)
    text = "\n".join(source.documents())
    end = int(len(text) * (1 - options.validation))
    parts = text[:end], text[end:]
    if not all(parts):
        raise ValueError(
            f"{source.name}: expected characters for training and validation, "
            f"got {end} and {len(text) - end}"
        )
    tokenizer = learn_tokenizer(
        options.tokenizer, _pieces(parts[0]), options.vocab_size
    )
    train, validation = (_encode(tokenizer, part) for part in parts)
    if len(validation) < 2:
        raise ValueError(
            f"{source.name}: expected 2 tokens or more for validation, "
            f"got {len(validation)}: give more text or a larger --validation"
        )
    length = len(text) / (len(train) + len(validation))
    print(
        f"{source.name}: {len(text):,} characters, {tokenizer.vocab_size:,} different "
        f"tokens of {length:.2f} characters on average; {len(train):,} tokens for "
        f"training, {len(validation):,} for validation."
    )
    return LanguageModelData(
        source.name,
        hashlib.sha256(text.encode()).hexdigest(),
        tokenizer,
        train,
        validation,
        len(parts[1]),
        len(parts[1].encode()),
    )


def gpt_config(options, tokenizer: Tokenizer) -> GptConfig:
    """Gives the sizes of the model, and prints how many parameters that makes.

    Raises:
        ValueError: they do not fit together.
    """
    config = GptConfig(
        vocab_size=tokenizer.vocab_size,
        max_positions=options.context,
        hidden_size=options.hidden_size,
        num_layers=options.num_layers,
        num_heads=options.num_heads,
        dropout=options.dropout,
    )
    print(f"{config.parameter_count:,} parameters.")
    return config


def measure(model: keras.Model, data: LanguageModelData, options) -> dict[str, float]:
    """Measures a model on the whole validation part.

    Returns:
        ``loss`` in nats a token, ``perplexity``; and ``bits_per_character`` and
        ``bits_per_byte``, which compare whatever the tokens are.
    """
    batches = windows_in_order(data.validation, options.context, _MEASURED)
    nats, tokens = losses.summed_cross_entropy(model, batches)
    return {
        "loss": nats / tokens,
        "perplexity": perplexity(nats, int(tokens)),
        "bits_per_character": bits_per_character(nats, data.validation_characters),
        "bits_per_byte": bits_per_character(nats, data.validation_bytes),
    }


def unigram_perplexity(data: LanguageModelData) -> float:
    """Gives the perplexity of a model that knows how frequent each token is, no more.

    Frequencies are those of the training part, each count one higher, so that a token
    that is not there has a probability too.
    """
    counts = np.bincount(data.train, minlength=data.tokenizer.vocab_size) + 1
    nats = -np.log(counts / counts.sum())[data.validation[1:]].sum()
    return perplexity(float(nats), len(data.validation) - 1)


class Samples:
    """Shows in TensorBoard what the model writes, and where it looks.

    Args:
        monitor: of the run.
        generator: the model with its tokenizer.
        data: whose validation part gives the text in the pictures.
        options: of the script.
    """

    def __init__(self, monitor, generator, data: LanguageModelData, options):
        self._monitor, self._generator, self._options = monitor, generator, options
        self._prompt = options.prompt or data.prompt
        self._drawn = data.validation[: min(_TOKENS_DRAWN, options.context)]

    def write(self, epoch: int) -> None:
        """Writes a text, and draws the attention of each block, once an epoch."""
        fence = f"```\n{self.text(epoch)}\n```"
        self._monitor.text("validation", epoch, "samples", fence)
        tokens = [self._generator.tokenizer.decode([token]) for token in self._drawn]
        weights = self._generator.model.attention_weights(self._drawn[None])
        for number, of_block in enumerate(weights, start=1):
            picture = attention_image(
                keras.ops.convert_to_numpy(of_block)[0],
                tokens,
                title=f"block {number}, after epoch {epoch}",
            )
            tag = f"attention/block_{number}"
            self._monitor.image("validation", epoch, tag, picture)

    def text(self, epoch: int) -> str:
        """Gives the text that the model writes, with the prompt."""
        rule = SamplingRule(temperature=0.8)
        length = self._options.sample_length
        pieces = self._generator.stream(self._prompt, length, rule, seed=epoch)
        return self._prompt + "".join(pieces)


def print_results(metrics: dict[str, float], epoch: int, sample: str) -> None:
    """Prints the measures of an epoch's model beside a simple one, and a text."""
    print(f"\nValidation text, with the weights of epoch {epoch} (the lowest loss):")
    print(f"loss {metrics['loss']:.4f} nats a token")
    print(
        f"perplexity {metrics['perplexity']:.2f} "
        f"(by frequency alone {metrics['unigram_perplexity']:.2f})"
    )
    print(
        f"bits per character {metrics['bits_per_character']:.3f}, "
        f"per byte {metrics['bits_per_byte']:.3f}\n"
    )
    print(sample + "\n")


def _pieces(text: str) -> list[str]:
    """Cuts a text at line ends into pieces that are tokenised one by one."""
    pieces, start = [], 0
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        pieces.append(text[start:end])
        start = end
    return pieces


def _encode(tokenizer: Tokenizer, text: str) -> np.ndarray:
    pieces = [tokenizer.encode([piece]).flat_values for piece in _pieces(text)]
    return np.concatenate(pieces).astype(np.int32)
