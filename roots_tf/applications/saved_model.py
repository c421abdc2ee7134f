"""A function of texts as one TensorFlow SavedModel: text in, answers out, no Python.

The folder holds the tokenizer, the weights and all steps between as one graph. What
loads it needs TensorFlow and, for the tokenizer's operations, tensorflow-text:

    import tensorflow as tf, tensorflow_text
    answer = tf.saved_model.load(folder).signatures["serving_default"]
    answer(texts=tf.constant(["a text"]))

Article: §9.3 (如何应用大规模语言模型), §6.2, §7.2.3.
Source: https://www.tensorflow.org/guide/saved_model
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import tensorflow as tf

SAVED_MODEL = "saved_model.pb"  # by which TensorFlow knows such a folder


def write_saved_model(
    folder: str | Path,
    function: Callable[[tf.Tensor], dict[str, tf.Tensor]],
    model: keras.Model,
    resources: Sequence[object] = (),
) -> None:
    """Writes the folder whole or not at all; a SavedModel that is there is replaced.

    Args:
        folder: where to.
        function: takes texts, (B,) string, and gives tensors by name. It is traced
            once, for any B.
        model: whose weights it uses.
        resources: what else of TensorFlow it uses, such as the tokenizer that
            tensorflow-text made, with its model.

    Raises:
        ValueError: there is something else than a SavedModel.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / SAVED_MODEL).is_file():
        raise ValueError(f"{folder}: expected a new name or a SavedModel to replace")
    module = tf.Module()
    # Not the Keras model itself: of it TensorFlow would save more functions.
    module.weights = [variable.value for variable in model.variables]
    module.resources = list(resources)
    texts = tf.TensorSpec((None,), tf.string, name="texts")
    module.answer = tf.function(function, input_signature=[texts], autograph=False)
    new = folder.with_name(folder.name + ".new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        # It answers and does not learn: without the gradients of our own operations.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(module, str(new), module.answer, options)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
