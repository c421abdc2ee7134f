"""E13: without a mask the model of §5.2 reads padding as words.

Article: §5.2, §5.2.1, §5.3.2. A batch is padded to its longest text; what a text is
padded with must not change what is predicted for it.
"""

from collections.abc import Callable

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

SENTENCE = (4, 3, 2)  # three words
PADDING = 17  # ids of 0 on its right


def probability_changes(
    build_model: Callable, padding: int = PADDING
) -> dict[str, float]:
    """Gives how much padding changes the probabilities, without and with a mask.

    Args:
        build_model: `build_model(mask_padding)` gives a model (B, T) int32 ->
            probabilities (B, C), that knows at least five ids and masks id 0 or not.
        padding: ids of 0 on the right of the sentence.

    Returns:
        Largest absolute change of a probability, for "no mask" and "mask".
    """
    plain = np.array([SENTENCE], np.int32)  # (1, 3)
    padded = np.pad(plain, [(0, 0), (0, padding)])  # (1, 3 + padding)
    changes = {}
    for name, mask_padding in (("no mask", False), ("mask", True)):
        model = build_model(mask_padding)
        before, after = (
            np.asarray(model(ids, training=False)) for ids in (plain, padded)
        )
        changes[name] = float(np.abs(after - before).max())
    return changes


def build_small_model(mask_padding: bool):
    """Builds the printed layers, small, with one prediction a text.

    Shape:
        token ids (B, T) int32 -> probabilities (B, 2) float32.
    """
    import keras  # here, so that ERRATA.md is written without loading TensorFlow

    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Embedding(10, 8, mask_zero=mask_padding),
            keras.layers.Bidirectional(keras.layers.LSTM(8)),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def comparison() -> Comparison:
    """Pads a sentence more and more, without and with a mask."""
    lengths = (0, 2, 8, 16)
    changes = [probability_changes(build_small_model, n) for n in lengths]
    return Comparison(
        "change of a probability",
        "ids of padding",
        lengths,
        {
            "printed": [change["no mask"] for change in changes],
            "right": [change["mask"] for change in changes],
        },
    )


ENTRY = Erratum(
    id="E13",
    grade="A",
    sections=("5.2", "5.2.1", "5.3.2"),
    title="Padding is read as words.",
    printed="""
    `Embedding(vocab_size, embedding_dim)`, without `mask_zero`. Besides (grade C):
    §5.3.2 counts the neurons of the LSTM layer as `hidden_size`, and §5.2.1 says that
    the code uses the `Model` and `Layer` classes.
    """,
    right="""
    `Embedding(…, mask_zero=True)`, and a pooling that heeds the mask: a text's
    prediction then does not depend on the length of its neighbours. On a GPU, padding
    stays on the right and every row has a real token: cuDNN's LSTM refuses other masks.
    Two directions of `hidden_size` give 2 × 128 = 256 features a token; `Layer` is
    neither imported nor subclassed.
    """,
    source="""
    Keras guide "Understanding masking & padding"; `keras.layers.LSTM`, requirements of
    the cuDNN implementation.
    """,
    numbers=f"""
    A sentence of {len(SENTENCE)} words, and the same followed by {PADDING} ids of
    padding, before any training; last state or mean of the tokens. Without a mask the
    probabilities change by some 1e-3 (more once trained), with a mask by 0.0.
    """,
)
