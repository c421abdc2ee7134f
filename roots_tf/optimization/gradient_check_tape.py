"""TensorFlow's gradients, of functions and of Keras layers, against differences.

Article: §3.2.1, §4.2.1.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from roots_tf.optimization.gradient_check import WorstCoordinate, gradient_check


def gradient_check_function(
    function: Callable[..., tf.Tensor],
    points: Sequence[np.ndarray],
    *,
    names: Sequence[str] | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> WorstCoordinate:
    """Checks the gradient that ``tf.GradientTape`` gives of ``sum(r * function)``.

    The random numbers r, of the shape of the output, keep errors from cancelling.

    Args:
        function: ``function(*points)`` gives a tensor of any shape, float64.
        points: the arrays to differentiate by, float64.
        names, samples, seed: as for ``gradient_check``.

    Raises:
        ValueError: the points or the output are not float64.
    """
    tensors = [tf.constant(point) for point in points]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = _projection(function(*tensors), seed)
    gradients = _arrays(tape.gradient(loss, tensors), points)

    def at(*points):
        return _projection(function(*map(tf.constant, points)), seed)

    return gradient_check(
        at, points, gradients, names=names, samples=samples, seed=seed
    )


def gradient_check_layer(
    layer: keras.layers.Layer,
    x: np.ndarray,
    *,
    samples: int | None = None,
    seed: int = 0,
    **call_arguments,
) -> WorstCoordinate:
    """Checks the gradients of a Keras layer or model by its weights and its input.

    Args:
        layer: of ``dtype="float64"``; what it draws at random must not change between
            two calls. It is built if need be, and keeps its weights.
        x: its input; float64, or integers, by which nothing is differentiated.
        samples, seed: as for ``gradient_check``.
        **call_arguments: further arguments of the call, such as ``mask``.

    Raises:
        ValueError: weights, input or output are not float64.
    """
    layer(x, **call_arguments)
    variables = layer.trainable_variables
    by_input = [x] if np.issubdtype(x.dtype, np.floating) else []
    weights = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]

    def output(x, *weights):
        for variable, weight in zip(variables, weights, strict=True):
            variable.assign(weight)
        return _projection(layer(x, **call_arguments), seed)

    tensors = [tf.constant(x) for x in by_input]
    values = [variable.value for variable in variables]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = _projection(layer((tensors or [x])[0], **call_arguments), seed)
    gradients = _arrays(tape.gradient(loss, tensors + values), by_input + weights)
    function = output if by_input else lambda *weights: output(x, *weights)
    try:
        return gradient_check(
            function,
            by_input + weights,
            gradients,
            names=["input"] * len(by_input) + [variable.path for variable in variables],
            samples=samples,
            seed=seed,
        )
    finally:
        output(x, *weights)


def _projection(output: tf.Tensor, seed: int) -> tf.Tensor:
    if output.dtype != tf.float64:
        raise ValueError(f"expected a float64 output, got {output.dtype.name}")
    return tf.reduce_sum(np.random.default_rng(seed).normal(size=output.shape) * output)


def _arrays(gradients, points) -> list[np.ndarray]:
    """As NumPy arrays: where there is no gradient zeros, and slices summed up."""
    return [
        np.zeros_like(point) if one is None else tf.convert_to_tensor(one).numpy()
        for one, point in zip(gradients, points, strict=True)
    ]
