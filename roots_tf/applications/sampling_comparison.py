"""The ways to choose the next token, side by side: repetition, variety, probability.

Each way goes on with the same beginnings of held-out texts; the texts' own
continuations are measured too. What is far from them, on either side, is worse.

Article: §6 (4. 文本生成).
Source: the comparison: Holtzman et al. 2020 (1904.09751), table 1; top-k of 40 and a
    penalty of 1.2 are usual since Radford et al. 2019 and Keskar et al. 2019.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from roots_tf.applications.text_generation import TextGenerator
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.evaluation.generation_metrics import distinct, mean_repetition
from roots_tf.evaluation.perplexity import perplexity

RULES = {
    "greedy": SamplingRule(temperature=0),
    "greedy, penalty 1.2": SamplingRule(temperature=0, repetition_penalty=1.2),
    "temperature 0.7": SamplingRule(temperature=0.7),
    "temperature 1": SamplingRule(),
    "top-k, k = 40": SamplingRule(top_k=40),
    "top-p, p = 0.95": SamplingRule(top_p=0.95),
}
OWN_TEXT = "the text itself"


@dataclass(frozen=True)
class Comparison:
    """How continuations by one rule are.

    Attributes:
        perplexity: of them to the model, given their beginnings.
        repetition: mean share of 4-grams of tokens that stood in the text before.
        distinct_1, distinct_2, distinct_3: share of different n-grams of all texts.
    """

    perplexity: float
    repetition: float
    distinct_1: float
    distinct_2: float
    distinct_3: float


def compare_sampling(
    generator: TextGenerator,
    texts: np.ndarray,
    prompt_length: int,
    rules: Mapping[str, SamplingRule] = RULES,
    seed: int = 0,
) -> dict[str, Comparison]:
    """Compares rules by what they make of the same beginnings.

    Args:
        generator: the model.
        texts: (B, T) token ids of held-out text, T up to the model's context.
        prompt_length: how many tokens of each are the beginning, 1 to T - 1.
        rules: by name.
        seed: of the draws.

    Returns:
        By name of the rule, and of ``OWN_TEXT``. Texts that have ended early (by the
        end token) count with the tokens that they have.

    Raises:
        ValueError: the lengths do not fit.
    """
    texts = np.asarray(texts, np.int32)
    length = texts.shape[1] - prompt_length
    if not 0 < prompt_length < texts.shape[1]:
        raise ValueError(
            f"expected a prompt of 1 to {texts.shape[1] - 1} tokens, "
            f"got {prompt_length}"
        )
    prompts = texts[:, :prompt_length].tolist()
    written = {
        name: generator.continuations(prompts, length, rule, seed)
        for name, rule in rules.items()
    }
    written[OWN_TEXT] = texts[:, prompt_length:].tolist()
    return {
        name: Comparison(
            _perplexity(generator.model, prompts, rows),
            mean_repetition(rows, 4),
            *(distinct(rows, n) for n in (1, 2, 3)),
        )
        for name, rows in written.items()
    }


def comparison_table(found: Mapping[str, Comparison]) -> str:
    """Gives the comparison as a Markdown table."""
    lines = [
        "| tokens chosen by | perplexity | repeated 4-grams | distinct-1 | -2 | -3 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in found.items():
        shares = (row.distinct_1, row.distinct_2, row.distinct_3)
        cells = [f"{row.perplexity:.2f}", f"{row.repetition:.3f}"]
        cells += [f"{share:.3f}" for share in shares]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _perplexity(model: keras.Model, prompts, rows: Sequence[Sequence[int]]) -> float:
    """Gives the model's perplexity of the rows behind their prompts."""
    start, width = len(prompts[0]), max(map(len, rows))
    if not width:
        return float("nan")  # every text ended at once
    given = np.zeros((len(rows), width), np.int32)
    for line, row in zip(given, rows, strict=True):
        line[: len(row)] = row
    lengths = np.array([len(row) for row in rows])
    token_ids = np.concatenate([prompts, given], axis=1).astype(np.int32)
    logits = model(token_ids[:, :-1], training=False)[:, start - 1 :]  # (B, N, V)
    log_p = keras.ops.convert_to_numpy(keras.ops.log_softmax(logits, axis=-1))
    chosen = np.take_along_axis(log_p, given[:, :, None], axis=2)[:, :, 0]  # (B, N)
    real = np.arange(width) < lengths[:, None]
    return perplexity(max(0.0, -float(chosen[real].sum())), int(real.sum()))
