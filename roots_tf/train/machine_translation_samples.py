"""What TensorBoard shows of a translator: sentences, and where the decoder looks.

Article: §2.5, §6 (2. 机器翻译), §7.2.2.
Source: the picture: Bahdanau et al. 2015 (1409.0473), figure 3.
"""

from collections.abc import Sequence

import numpy as np

from roots_tf.applications.machine_translation import Translator
from roots_tf.monitoring.attention_maps import attention_image
from roots_tf.monitoring.text_samples import text_table
from roots_tf.recurrent.seq2seq import Seq2Seq

_SHOWN = 8  # sentences in the table


def alignment_image(translator: Translator, text: str, title: str = "") -> np.ndarray:
    """Draws where the decoder looks while it translates a sentence.

    Returns:
        (height, width, 3) uint8 RGB; a row for each piece that is written.

    Raises:
        ValueError: the sentence is too long, or the model has no attention.
    """
    found = translator.align(text)
    return attention_image(
        found.weights, found.target_pieces, found.source_pieces, title
    )


class Samples:
    """Shows how sentences are translated.

    Args:
        monitor: of the run.
        translator: that is trained.
        sources: sentences.
        references: their right translations.
    """

    def __init__(
        self,
        monitor,
        translator: Translator,
        sources: Sequence[str],
        references: Sequence[Sequence[str]],
    ):
        self._monitor, self._translator = monitor, translator
        self._sources, self._references = sources, references

    def write(self, epoch: int, written: Sequence[str]) -> None:
        """Writes a table of translations, and draws the attention of the first."""
        right = map(" / ".join, self._references)
        rows = list(zip(self._sources, written, right, strict=True))
        table = text_table(("source", "translation", "right"), rows[:_SHOWN])
        self._monitor.text("validation", epoch, "translations", table)
        model = self._translator.model
        if isinstance(model, Seq2Seq) and not model.config.attention:
            return
        title = f"the first sentence, after epoch {epoch}"
        picture = alignment_image(self._translator, self._sources[0], title)
        self._monitor.image("validation", epoch, "alignment", picture)
