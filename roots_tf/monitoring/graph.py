"""The model's operations in TensorBoard's GRAPHS tab.

The op graph is written, not Keras' conceptual one: TensorBoard's converter fails on
masked LSTMs, on operations with constants and on dictionaries of outputs.

Article: §7.2.2 (TensorBoard).
"""

import keras
import tensorflow as tf

from roots_tf.monitoring.tensorboard import RunMonitor


def write_op_graph(monitor: RunMonitor, model: keras.Model, input_spec) -> None:
    """Write the graph of the model's forward pass, as in inference, to `train/`.

    Args:
        monitor: The run.
        model: A built model.
        input_spec: What the model is called with, each tensor replaced by a
            `tf.TensorSpec`; e.g. `tf.TensorSpec((None, None), tf.int32)`.
    """

    @tf.function
    def forward(inputs):
        return model(inputs, training=False)

    with monitor.writer("train").as_default(step=0):
        tf.summary.graph(forward.get_concrete_function(input_spec).graph)
