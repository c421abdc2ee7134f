"""Text generation (文本生成): the beginning of a text in, its continuation out.

Article: §6 (4. 文本生成), §9.3.
"""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import (
    CONFIGURATION,
    MODEL,
    load_model,
    read_configuration,
    write_model_folder,
)
from roots_tf.decoding import autoregressive
from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt
from roots_tf.text.tokenizer import Tokenizer, load_tokenizer

# What decoders write for the first bytes of a character whose rest is still to come.
UNFINISHED = "\ufffd"


class TextGenerator:
    """A language model with all that it needs to go on with a text.

    A text ends at the tokenizer's end token, if it has one.

    Args:
        model: built.
        tokenizer: of the model's ids.

    Raises:
        ValueError: model and tokenizer are of different vocabularies.
    """

    def __init__(self, model: Gpt, tokenizer: Tokenizer):
        if tokenizer.vocab_size != model.config.vocab_size:
            raise ValueError(
                f"expected a tokenizer of {model.config.vocab_size} tokens, which the "
                f"model has, got {tokenizer.vocab_size}"
            )
        self.model, self.tokenizer = model, tokenizer
        end = tokenizer.end_id
        self.stop_tokens = () if end is None else (end,)
        self._compiled = {}

    def stream(
        self, prompt: str, length: int, rule: SamplingRule, seed: int = 0
    ) -> Iterator[str]:
        """Continues a text of any length, piece by piece as they are written.

        Where the text grows beyond the model's context, the model starts again from
        the last half of it: it forgets what was before, as every such model does.

        Args:
            prompt: the text so far, one token or more.
            length: most tokens to add.
            rule: how they are chosen.
            seed: of the draws.

        Raises:
            ValueError: the prompt has no token, or a character that the model has not
                learned, or ``length`` is below 0.
        """
        if length < 0:
            raise ValueError(f"expected a length of 0 or more, got {length}")
        token_ids = self.encode(prompt)
        shown = text = self.tokenizer.decode(token_ids)
        for token in self._tokens(token_ids, length, rule, seed):
            token_ids.append(token)
            text = self.tokenizer.decode(token_ids)
            if not text.endswith(UNFINISHED):
                yield text[len(shown) :]
                shown = text
        if text != shown:
            yield text[len(shown) :]

    def generate(
        self, prompts: Sequence[str], length: int, rule: SamplingRule, seed: int = 0
    ) -> list[str]:
        """Continues several texts at once, the whole loop compiled.

        Args:
            prompts: texts of one token or more.
            length: most tokens to add to each; with the longest prompt they must fit
                into the model's context.
            rule, seed: as for ``stream``.

        Returns:
            The prompts, as the tokenizer spells them, with their continuations.

        Raises:
            ValueError: a prompt cannot be read, or they do not fit.
        """
        token_ids = [self.encode(prompt) for prompt in prompts]
        rows = self.continuations(token_ids, length, rule, seed)
        return [
            self.tokenizer.decode([*given, *added])
            for given, added in zip(token_ids, rows, strict=True)
        ]

    def continuations(
        self,
        token_ids: Sequence[Sequence[int]],
        length: int,
        rule: SamplingRule,
        seed: int = 0,
    ) -> list[list[int]]:
        """Gives the tokens that ``generate`` adds, without the end token.

        Args:
            token_ids: of each prompt, one or more.
            length, rule, seed: as for ``generate``.

        Raises:
            ValueError: they do not fit.
        """
        prefix, given = align_prompts(token_ids, length)
        total = max(map(len, token_ids)) + length
        if total > self.model.config.max_positions:
            raise ValueError(
                f"expected prompt and continuation of at most "
                f"{self.model.config.max_positions} tokens (the model's context), "
                f"got {total}"
            )
        continued = self.decode(
            tf.constant(prefix), tf.constant(given), rule, tf.constant(seed, tf.int32)
        )
        ids, lengths = continued.token_ids.numpy(), continued.lengths.numpy()
        found = zip(token_ids, ids, lengths, strict=True)
        rows = [row[len(prompt) : count].tolist() for prompt, row, count in found]
        return [row[:-1] if row[-1:] == [*self.stop_tokens] else row for row in rows]

    def encode(self, prompt: str) -> list[int]:
        """Gives the tokens of a prompt.

        Raises:
            ValueError: it has none, or a character that the model has not learned.
        """
        known = getattr(self.tokenizer, "characters", None)
        unknown = [] if known is None else sorted(set(prompt) - set(known))
        if unknown:
            raise ValueError(
                f"expected a prompt of characters that the model has learned, "
                f"got {unknown[0]!r}"
            )
        token_ids = self.tokenizer.encode([prompt])[0].numpy().tolist()
        if not token_ids:
            raise ValueError(f"expected a prompt of 1 token or more, got {prompt!r}")
        return token_ids

    def _tokens(self, token_ids, length: int, rule: SamplingRule, seed: int):
        """Gives the tokens of a continuation, without the end token."""
        token_ids, context = list(token_ids), self.model.config.max_positions
        goal, window = len(token_ids) + length, 0
        while len(token_ids) < goal:
            begin = token_ids
            if len(token_ids) > context:
                begin = token_ids[-max(1, context // 2) :]
            # The last token need not be read by the model.
            room = context - len(begin) + 1
            for token in autoregressive.stream(
                self._next_logits,
                self.model.empty_cache(1, context),
                begin,
                min(goal - len(token_ids), room),
                rule,
                self.stop_tokens,
                _seed_of(seed, window),
            ):
                if token in self.stop_tokens:
                    return
                token_ids.append(token)
                yield token
            window += 1

    @property
    def _next_logits(self):
        """The model's step, compiled once for a batch of one."""
        if not hasattr(self, "_step"):
            cache = self.model.empty_cache(1, self.model.config.max_positions)
            signature = [
                tf.TensorSpec((1, None), tf.int32),
                tf.nest.map_structure(tf.TensorSpec.from_tensor, cache),
            ]
            self._step = tf.function(
                self.model.next_logits, input_signature=signature, autograph=False
            )
        return self._step

    def decode(self, prefix, given, rule, seed):
        """Goes on with prompts as ``align_prompts`` gives them; see ``Decoded``.

        It is compiled once for each rule, and for a few shapes.
        """
        if rule not in self._compiled:
            self._compiled[rule] = tf.function(
                functools.partial(self._decode, rule=rule),
                reduce_retracing=True,
                autograph=False,
            )
        return self._compiled[rule](prefix, given, seed=seed)

    def _decode(self, prefix, given, rule, seed):
        rows = prefix.shape[0] or tf.shape(prefix)[0]
        cache = self.model.empty_cache(rows, self.model.config.max_positions)
        return decode(
            self.model.next_logits, cache, prefix, given, rule, self.stop_tokens, seed
        )

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.generate DIR`` reads."""
        configuration = {"task": "generation"}
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "TextGenerator":
        """Reads a model folder, or a published GPT-2 with its tokenizer's files.

        Raises:
            ValueError: it is neither.
        """
        folder = Path(folder)
        if (
            not (folder / CONFIGURATION).is_file()
            and (folder / "config.json").is_file()
        ):
            from roots_tf.models.published_weights import load_published

            model = load_published(folder)
        else:
            task = read_configuration(folder)["task"]
            if task != "generation":
                raise ValueError(
                    f"{folder}: expected a model for generation, got one for {task!r}"
                )
            if not (folder / MODEL).is_file():
                raise ValueError(f"{folder}: expected a file {MODEL}, got none")
            model = load_model(folder / MODEL)
        if not isinstance(model, Gpt):
            raise ValueError(f"{folder}: expected a Gpt, got {type(model).__name__}")
        tokenizer = load_tokenizer(folder)
        try:
            return cls(model, tokenizer)
        except ValueError as error:
            raise ValueError(f"{folder}: {error}") from None


def _seed_of(seed: int, window: int) -> int:
    """Gives each window of a long text draws of its own; the first has the seed's."""
    if window == 0:
        return seed
    return int(np.random.SeedSequence([seed, window]).generate_state(1)[0] >> 1)
