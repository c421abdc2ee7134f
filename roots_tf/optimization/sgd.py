"""Stochastic gradient descent (随机梯度下降), with and without momentum (动量).

The three rules are functions of NumPy arrays and tensors alike; `Sgd` makes of them an
optimizer for ``compile``, ``fit`` and the training loop.

Article: §2.4, §3.2.2, §4.2.2. Erratum: E06.
"""

import keras
import tensorflow as tf
from keras import ops


def sgd(w, gradient, learning_rate):
    """Gives ``w - learning_rate * gradient``.

    Source: Robbins & Monro 1951; the gradient is that of a mini-batch's mean loss.
    """
    return w - learning_rate * gradient


def momentum(w, velocity, gradient, learning_rate, decay):
    """Rolls on: ``v <- decay v - learning_rate gradient``, ``w <- w + v``.

    Source: Polyak 1964; in this form Sutskever et al. 2013, "On the importance of
    initialization and momentum in deep learning", eq. 1-2.

    Returns:
        The new w and the new velocity, which starts at 0.
    """
    velocity = decay * velocity - learning_rate * gradient
    return w + velocity, velocity


def nesterov(w, velocity, gradient, learning_rate, decay):
    """Momentum with the gradient taken where the velocity is going to lead.

    Sutskever et al. 2013, eq. 3-4: ``v <- decay v - learning_rate g(w + decay v)``,
    ``w <- w + v``. Here as in Keras w stands for ``w + decay v``, the place where the
    gradient is taken, which then moves by ``decay v - learning_rate g`` with the new v
    (Bengio et al. 2013, 1212.0901, eq. 7).

    Returns:
        The new w and the new velocity, which starts at 0.
    """
    velocity = decay * velocity - learning_rate * gradient
    return w + (decay * velocity - learning_rate * gradient), velocity


@keras.saving.register_keras_serializable(package="roots_tf")
class Sgd(keras.optimizers.Optimizer):
    """Steps as ``keras.optimizers.SGD`` does.

    A sparse gradient (of an embedding) is made dense. A word that the batch has not
    moves on by its velocity, as it does in Keras.

    Args:
        learning_rate: a number over 0, or a schedule.
        momentum: decay of the velocity, 0 (no velocity) to below 1.
        nesterov: look ahead.
        **kwargs: what every Keras optimizer takes: ``clipnorm``, ``use_ema`` ...

    Raises:
        ValueError: the momentum is out of its range, or 0 with ``nesterov``.
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **kwargs):
        super().__init__(learning_rate, **kwargs)
        if not 0 <= momentum < 1:
            raise ValueError(f"expected momentum from 0 to below 1, got {momentum}")
        if nesterov and not momentum:
            raise ValueError("expected a momentum over 0 with nesterov, got 0")
        self.momentum, self.nesterov = momentum, nesterov

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        if self.momentum:
            self._velocities = self.add_optimizer_variables(variables, "velocity")

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(tf.convert_to_tensor(gradient), variable.dtype)
        w = ops.convert_to_tensor(variable)
        if not self.momentum:
            self.assign(variable, sgd(w, gradient, rate))
            return
        velocity = self._velocities[self._get_variable_index(variable)]
        rule = nesterov if self.nesterov else momentum
        w, v = rule(w, velocity, gradient, rate, self.momentum)
        self.assign(velocity, v)
        self.assign(variable, w)

    def get_config(self):
        config = {"momentum": self.momentum, "nesterov": self.nesterov}
        return {**super().get_config(), **config}
