"""Adam by its Algorithm 1, and AdamW.

`adam` and `adamw` are functions of NumPy arrays and tensors alike; `Adam` and `AdamW`
make of them optimizers for ``compile``, ``fit`` and the training loop.

Article: §2.4, §3.2.2, §4.2.2. Erratum: E07 (the article leaves out the corrections).
Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization" (1412.6980).
"""

import keras
import tensorflow as tf
from keras import ops


def adam(
    w,
    m,
    v,
    gradient,
    t,
    learning_rate=0.001,
    beta_1=0.9,
    beta_2=0.999,
    epsilon=1e-8,
    epsilon_hat=False,
):
    """Makes step t of Adam.

    With g the gradient, and m_0 = v_0 = 0:

        m_t = beta_1 m_{t-1} + (1 - beta_1) g        m_hat = m_t / (1 - beta_1^t)
        v_t = beta_2 v_{t-1} + (1 - beta_2) g^2      v_hat = v_t / (1 - beta_2^t)
        w_t = w_{t-1} - learning_rate m_hat / (sqrt(v_hat) + epsilon)

    The two corrections make up for the start at 0.

    Source: Kingma & Ba 2015, Algorithm 1; ``epsilon_hat``: the note that ends §2.

    Args:
        w, m, v, gradient: arrays of one shape.
        t: number of the step, from 1.
        learning_rate: about the size of a step.
        beta_1, beta_2: decay of the means of g and of g^2, 0 to below 1.
        epsilon: bounds the step where gradients are tiny.
        epsilon_hat: add epsilon to sqrt(v_t) before it is corrected, as Keras does, and
            not to sqrt(v_hat).

    Returns:
        The new w, m and v.
    """
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    if epsilon_hat:
        epsilon = epsilon / (1 - beta_2**t) ** 0.5
    return w - learning_rate * m_hat / (v_hat**0.5 + epsilon), m, v


def adamw(w, m, v, gradient, t, learning_rate=0.001, weight_decay=0.004, **options):
    """Makes step t of AdamW: the weights shrink beside Adam's step, not through it.

    A penalty ``weight_decay |w|^2 / 2`` in the loss would be divided by sqrt(v_hat) as
    its gradient is; here every weight shrinks by ``learning_rate * weight_decay``.

    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization"
    (1711.05101), Algorithm 2; as in Keras and PyTorch the decay is multiplied by the
    learning rate, where the paper multiplies it by the schedule alone.

    Args:
        weight_decay: share of a weight, over the learning rate.
        **options: of ``adam``, as are the other arguments.

    Returns:
        The new w, m and v.
    """
    w = w - learning_rate * weight_decay * w
    return adam(w, m, v, gradient, t, learning_rate, **options)


@keras.saving.register_keras_serializable(package="roots_tf")
class Adam(keras.optimizers.Optimizer):
    """Adam; with ``epsilon_hat`` it steps as ``keras.optimizers.Adam`` does.

    A sparse gradient (of an embedding) is made dense, so that a word met twice in a
    batch has one gradient, the sum. In ``fit`` Keras' Adam squares the two apart: its v
    is too small, and the step too large, by up to the root of the times that the word
    is met. A word that the batch has not moves by its mean gradient, there as here.

    Args:
        learning_rate: a number over 0, or a schedule.
        beta_1, beta_2, epsilon, epsilon_hat: as for ``adam``.
        **kwargs: what every Keras optimizer takes: ``clipnorm``, ``use_ema`` ...

    Raises:
        ValueError: beta_1 or beta_2 is not from 0 to below 1, or epsilon is below 0.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        epsilon_hat=False,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        for name, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 <= beta < 1:
                raise ValueError(f"expected {name} from 0 to below 1, got {beta}")
        if epsilon < 0:
            raise ValueError(f"expected epsilon of 0 or more, got {epsilon}")
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon, self.epsilon_hat = epsilon, epsilon_hat

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._means, self._squares = self.add_optimizer_variables(
            variables, ["mean", "square"]
        )

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        mean, square = self._means[index], self._squares[index]
        w, m, v = adam(
            ops.convert_to_tensor(variable),
            mean,
            square,
            ops.cast(tf.convert_to_tensor(gradient), variable.dtype),
            ops.cast(self.iterations + 1, variable.dtype),
            ops.cast(learning_rate, variable.dtype),
            self.beta_1,
            self.beta_2,
            self.epsilon,
            self.epsilon_hat,
        )
        self.assign(mean, m)
        self.assign(square, v)
        self.assign(variable, w)

    def get_config(self):
        names = ("beta_1", "beta_2", "epsilon", "epsilon_hat")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="roots_tf")
class AdamW(Adam):
    """AdamW; with ``epsilon_hat`` it steps as ``keras.optimizers.AdamW`` does.

    The decay is the part that Keras' optimizers have in common: weights can be left out
    of it by ``exclude_from_weight_decay``.

    Args:
        learning_rate: a number over 0, or a schedule.
        weight_decay: as for ``adamw``.
        **kwargs: of ``Adam``.
    """

    def __init__(self, learning_rate=0.001, weight_decay=0.004, **kwargs):
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
