"""What the GPT script says of the texts that its model writes.

Article: §6 (4. 文本生成).
"""

import numpy as np

from roots_tf.applications.sampling_comparison import (
    compare_sampling,
    comparison_table,
)
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.datasets.poems import FORMS, NAME, form_shares, mark_of
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.train.language_model_parts import LanguageModelData

_TEXTS = 64  # held-out windows that are gone on with
_POEMS = 100  # of each form
_DRAWN = SamplingRule(temperature=0.8)


def generation_report(
    generator: TextGenerator, data: LanguageModelData, options
) -> tuple[str, dict[str, float]]:
    """Compares the ways to choose tokens; of a model of poems, counts their forms.

    Returns:
        Markdown, and metrics by name.
    """
    texts = _windows(data.validation, options.context)
    if texts.shape[1] < 2:
        return "The context is too short to go on with a text.", {}
    prompt_length = max(1, texts.shape[1] // 4)
    found = compare_sampling(generator, texts, prompt_length, seed=options.seed)
    report = (
        f"{len(texts)} beginnings of {prompt_length} tokens from the validation text, "
        f"each gone on with by {texts.shape[1] - prompt_length}; perplexity is the "
        f"model's own.\n\n{comparison_table(found)}"
    )
    if data.name != NAME:
        return report, {}
    lines, metrics = [], {}
    training = form_shares(data.tokenizer.decode(data.train).split("\n"))
    for form in FORMS:
        share = form_shares(write_poems(generator, form, _POEMS, options.seed))[form]
        metrics[f"form_{form}"] = share
        lines.append(f"| {mark_of(form)} | {share:.1%} | {training[form]:.1%} |")
    head = "| form | generated poems that keep it | training poems that do |"
    table = "\n".join([head, "| --- | --- | --- |", *lines])
    return f"{report}\n\n{table}", metrics


def write_poems(generator: TextGenerator, form: int, count: int, seed: int) -> list:
    """Writes poems at temperature 0.8, each from the mark of its form to a line end.

    One that does not end within the model's context is cut there.
    """
    mark = mark_of(form)
    length = generator.model.config.max_positions - len(generator.encode(mark))
    written = generator.generate([mark] * count, length, _DRAWN, seed)
    return [text.split("\n")[0] for text in written]


def _windows(token_ids: np.ndarray, length: int) -> np.ndarray:
    """Gives up to 64 windows, evenly spaced: (B, T)."""
    length = min(length, len(token_ids))
    count = min(_TEXTS, len(token_ids) // length)
    starts = np.linspace(0, len(token_ids) - length, count).astype(int)
    return np.stack([token_ids[start : start + length] for start in starts])
