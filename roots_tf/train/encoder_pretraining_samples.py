"""What TensorBoard shows of an encoder's pretraining: gaps filled, attention.

Article: §5.2, §7.2.2, §7.3.1. Erratum: E11.
"""

import keras

from roots_tf.monitoring.attention_maps import attention_image
from roots_tf.monitoring.text_samples import text_table
from roots_tf.text.wordpiece import WordPieceTokenizer

_SHOWN = 8  # texts in TensorBoard
_DRAWN = 32  # tokens in the pictures of attention


class Samples:
    """Shows in TensorBoard how gaps are filled, and where the model looks.

    Args:
        monitor: of the run.
        model: that is trained.
        tokenizer: of its ids.
        batches: validation batches, of which the first is shown.
    """

    def __init__(self, monitor, model, tokenizer: WordPieceTokenizer, batches: list):
        self._monitor, self._model, self._tokenizer = monitor, model, tokenizer
        inputs, labels = batches[0]
        self._inputs = {name: value[:_SHOWN] for name, value in inputs.items()}
        self._labels = {name: value[:_SHOWN] for name, value in labels.items()}

    def write(self, epoch: int) -> None:
        """Writes a table of texts with gaps, and draws the attention of each block."""
        outputs = self._model(self._inputs, training=False)
        best = keras.ops.convert_to_numpy(outputs["masked_logits"]).argmax(axis=-1)
        rows = []
        for row, text in enumerate(self._inputs["token_ids"].numpy()):
            count = int(self._labels["masked_weights"][row].numpy().sum())
            asked = self._named(self._labels["masked_ids"][row, :count].numpy())
            filled = self._named(best[row, :count])
            rows.append((self._tokenizer.decode(text), asked, filled))
        table = text_table(("text", "asked", "filled"), rows)
        self._monitor.text("validation", epoch, "gaps", table)
        self._draw_attention(epoch)

    def _draw_attention(self, epoch):
        count = int(self._inputs["padding_mask"][0].numpy().sum())
        count = min(count, _DRAWN)
        one = {name: value[:1, :count] for name, value in self._inputs.items()}
        del one["masked_positions"]
        tokens = [self._tokenizer.tokens[id] for id in one["token_ids"].numpy()[0]]
        blocks = self._model.encoder.attention_weights(one)
        for number, weights in enumerate(blocks, start=1):
            picture = attention_image(
                keras.ops.convert_to_numpy(weights)[0],
                tokens,
                title=f"block {number}, after epoch {epoch}",
            )
            tag = f"attention/block_{number}"
            self._monitor.image("validation", epoch, tag, picture)

    def _named(self, ids):
        return " ".join(self._tokenizer.tokens[id] for id in ids)
