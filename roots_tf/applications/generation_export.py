"""Text generation as one TensorFlow SavedModel: prompts in, texts out, no Python.

Article: §6 (4. 文本生成), §9.3.
"""

from pathlib import Path

import tensorflow as tf

from roots_tf.applications.saved_model import write_saved_model
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.decoding.autoregressive import align_in_graph
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.text.characters import CharacterTokenizer


def export_generator(
    generator: TextGenerator,
    folder: str | Path,
    length: int,
    rule: SamplingRule,
    seed: int = 0,
) -> None:
    """Writes a SavedModel that does what ``generator.generate`` does.

    It takes ``texts`` (B,) string and gives ``texts`` (B,) string: for the same prompts
    in the same batch always the same. It refuses the prompts that ``generate`` refuses,
    and those with a NUL character.

    Args:
        generator: with a tokenizer that has ``in_graph``: characters or byte pairs.
        folder: where to; see ``saved_model``.
        length, rule, seed: as for ``generate``.

    Raises:
        ValueError: the length is below 0 or leaves no room for a prompt, or there is
            something else than a SavedModel.
    """
    context = generator.model.config.max_positions
    if not 0 <= length < context:
        raise ValueError(
            f"expected a length of 0 to {context - 1} tokens, got {length}"
        )
    graph = generator.tokenizer.in_graph
    most = context - length
    has_unknown = isinstance(generator.tokenizer, CharacterTokenizer)  # as id 0
    said = f"expected prompts of 1 to {most} tokens that the model has learned"

    def answer(texts):
        # Else the work of cutting a very long text into pieces would come first.
        fits = tf.strings.length(texts) <= most * graph.longest
        fits &= tf.strings.regex_full_match(texts, r"[^\x{0}]*")
        token_ids = graph.tokenize(tf.where(fits, texts, ""))  # (B, None)
        counts = token_ids.row_lengths()
        fits &= (counts > 0) & (counts <= most)
        if has_unknown:
            fits &= tf.reduce_all(token_ids != 0, axis=1)
        with tf.control_dependencies(
            [tf.debugging.Assert(tf.reduce_all(fits), [said])]
        ):
            prefix, given = align_in_graph(token_ids, length)
        found = generator.decode(prefix, given, rule, tf.constant(seed, tf.int32))
        lengths = tf.cast(found.lengths, tf.int64)
        rows = tf.RaggedTensor.from_tensor(found.token_ids, lengths)
        return {"texts": graph.detokenize(rows)}

    write_saved_model(folder, answer, generator.model, [graph])
