"""What TensorBoard shows of T5's pretraining: gaps filled, attention.

Article: §2.5, §7.2.2, §7.3.2. Erratum: E20.
"""

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.gap_filling import GapFiller
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.t5 import shift_right
from roots_tf.monitoring.attention_maps import attention_image
from roots_tf.monitoring.text_samples import text_table
from roots_tf.text.span_corruption import corrupt_spans, text_length

_SHOWN = 8  # texts in TensorBoard
_DRAWN = 32  # tokens of the source in the pictures of attention


class Samples:
    """Shows in TensorBoard how gaps are filled, and where the model looks.

    Args:
        monitor: of the run.
        filler: the model with its tokenizer.
        token_ids: the validation text, of which the beginning is drawn.
        batches: validation batches, of which the first is shown.
        options: of the script.
    """

    def __init__(self, monitor, filler: GapFiller, token_ids, batches: list, options):
        self._monitor, self._filler = monitor, filler
        inputs, targets = batches[0]
        self._sources = inputs["source_ids"][:_SHOWN].numpy()
        self._targets = targets[:_SHOWN].numpy()
        length, _ = text_length(min(options.source_length, _DRAWN))
        tokenizer = filler.tokenizer
        self._drawn = corrupt_spans(
            tf.constant(token_ids[:length]),
            [options.seed, 0],
            tf.constant(tokenizer.sentinel_ids),
            tokenizer.end_id,
        )

    def write(self, epoch: int) -> None:
        """Writes a table of texts with gaps, and draws the attention of each block."""
        table = text_table(("text", "asked", "filled"), self.rows())
        self._monitor.text("validation", epoch, "gaps", table)
        self._draw_attention(epoch)

    def rows(self) -> list[tuple[str, str, str]]:
        """Gives texts with gaps, what stood there, and what the model writes alone."""
        decode, length = self._filler.tokenizer.decode, self._targets.shape[1]
        greedy = SamplingRule(temperature=0)
        written = self._filler.write(self._sources, length, greedy)
        rows = zip(self._sources, self._targets, written, strict=True)
        return [tuple(map(decode, row)) for row in rows]

    def _draw_attention(self, epoch):
        source, target = self._drawn.inputs[None], self._drawn.targets[None]
        read = np.asarray(shift_right(target))
        weights = self._filler.model.attention_weights(
            {"source_ids": source, "target_ids": read}
        )
        sources, targets = (self._named(ids) for ids in (source.numpy()[0], read[0]))
        for kind, queries in (("encoder", sources), ("cross", targets)):
            for number, of_block in enumerate(weights[kind], start=1):
                picture = attention_image(
                    keras.ops.convert_to_numpy(of_block)[0],
                    queries,
                    sources,
                    title=f"{kind}, block {number}, after epoch {epoch}",
                )
                tag = f"attention/{kind}_block_{number}"
                self._monitor.image("validation", epoch, tag, picture)

    def _named(self, ids):
        return [self._filler.tokenizer.decode([id]) for id in ids]
