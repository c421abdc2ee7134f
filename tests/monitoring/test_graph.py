"""The op graph of a model."""

import keras
import tensorflow as tf

from roots_tf.monitoring.graph import write_op_graph
from roots_tf.monitoring.tensorboard import RunMonitor


def nodes_of(accumulator):
    graph = tf.compat.v1.GraphDef.FromString(accumulator.Graph().SerializeToString())
    return [node for node in graph.node] + [
        node for function in graph.library.function for node in function.node_def
    ]


def test_graph_of_a_masked_lstm_names_its_layers_and_holds_its_operations(events):
    nodes = nodes_of(events("train"))

    assert any("reader" in node.name for node in nodes)
    operations = {node.op for node in nodes}
    assert {"GatherV2", "MatMul"} <= operations


def test_graph_of_a_model_with_dictionaries_and_constants_is_written(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    outputs = {"sum": left * 2.0 + right, "difference": left - right}
    model = keras.Model({"left": left, "right": right}, outputs)
    spec = {name: tf.TensorSpec((None, 2), name=name) for name in ("left", "right")}

    with RunMonitor(tmp_path) as monitor:
        write_op_graph(monitor, model, spec)

    operations = {
        n.op for n in nodes_of(EventAccumulator(str(tmp_path / "train")).Reload())
    }
    assert {"Mul", "Sub"} <= operations
