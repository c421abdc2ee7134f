"""One step of gradient descent: forward, error, backward, update.

Article: §3.2.1 (前向传播, 计算误差, 反向传播, 参数更新), §4.2.1, §4.2.2.

In the order in which it happens, for the weights theta and the learning rate alpha:

1. Forward and error. A batch b has items i, texts or tokens, with losses l_i and
   weights w_i; W_b = sum_i w_i, and its loss is L_b = sum_i w_i l_i / W_b.
2. Loss scaling, under float16 alone. Small gradients would vanish in half precision,
   so the backward pass starts from s L_b, and all gradients come out s times as large.
3. Backward: s g_b = s dL_b/dtheta, by the tape.
4. Accumulation of k batches too large to fit in memory as one. With g_b kept as
   W_b g_b, added up,

       g = sum_b W_b g_b / sum_b W_b

   is the gradient of one batch with the items of all k. (A plain mean of the g_b would
   give an item of a small batch more weight than one of a large batch.)
5. Clipping: of a gradient longer than c in all, only the direction is kept:

       g <- g c / max(|g|, c),   |g|^2 = the sum of squares over all weights

6. Update: g and alpha go to the optimizer. If s was too large, s g has an infinity
   or a NaN; then weights and optimizer are left as they are and s is halved, and after
   2,000 good steps it is doubled.

Source: clipping: Pascanu, Mikolov and Bengio 2013 (1211.5063), Algorithm 1. Loss
    scaling: Micikevicius et al. 2018 (1710.03740), §3.2; it is Keras'
    ``LossScaleOptimizer``. Layers of batch statistics, such as batch normalization,
    still see k small batches.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

Measure = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Changes(NamedTuple):
    """What a step did.

    Attributes:
        learning_rate: alpha, as it was applied.
        norm: |g| before clipping.
        gradients: g before clipping, in the order of the model's trainable variables.
        ratios: ``||theta_new - theta_old|| / ||theta_new||`` of each variable.
    """

    learning_rate: tf.Tensor
    norm: tf.Tensor
    gradients: list[tf.Tensor]
    ratios: list[tf.Tensor]


class TrainingStep:
    """Compiles the step once, and counts over the steps of an epoch.

    Under a strategy the sums go over the items of the batch on all replicas: not a mean
    of the replicas' means, which would count the items of a small share double.

    Args:
        model: built Keras model, made in the strategy's scope.
        optimizer: Keras optimizer, made there too; a ``LossScaleOptimizer`` scales
            the loss.
        measures: functions of ``(labels, outputs)`` that give one value an item, by
            name; the first, named "loss", is minimised.
        clip_norm: c, largest allowed global norm of the gradient, or None.
        strategy: ``tf.distribute.Strategy`` under which the model was made.
        accumulates: whether `add` will be used: it needs room for one more gradient.
        jit_compile: whether XLA compiles forward and backward pass, anew for each shape
            of a batch; for one replica.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        measures: dict[str, Measure],
        clip_norm: float | None,
        strategy: tf.distribute.Strategy,
        accumulates: bool = False,
        jit_compile: bool = False,
    ):
        self.model, self.optimizer, self.measures = model, optimizer, measures
        self.clip_norm, self.strategy = clip_norm, strategy
        with strategy.scope():
            optimizer.build(model.trainable_variables)
            # Over the batches of `add`: sum_b W_b, and s sum_b W_b g_b, of which each
            # replica keeps its own share.
            self._waiting_weight = _own_of_each_replica(())
            self._waiting = [
                _own_of_each_replica(variable.shape)
                for variable in (model.trainable_variables if accumulates else ())
            ]
        if jit_compile:
            self._backward = tf.function(
                self._backward, autograph=False, jit_compile=True
            )
        # Sums over the epoch: weights, each weighted measure, examples, tokens.
        self.totals = tf.Variable(np.zeros(len(measures) + 3), dtype=tf.float64)

    @tf.function(reduce_retracing=True, autograph=False)
    def __call__(self, batch, with_changes: bool) -> Changes | tuple[()]:
        """Makes one step with a batch ``(inputs, labels)`` or with weights as third.

        What was given to `add` since the last step is part of this one.

        Returns:
            With ``with_changes`` the `Changes`, else nothing.
        """
        return self._whole_step(batch, with_changes)

    @tf.function(reduce_retracing=True, autograph=False)
    def with_next(self, iterator, with_changes: bool) -> Changes | tuple[()]:
        """Makes one step with the next batch of an iterator: faster than `__call__`.

        Raises:
            tf.errors.OutOfRangeError: there is none; then nothing has changed.
        """
        batch = iterator.get_next()
        # Else what does not need the batch, such as drawing a seed, would not wait.
        with tf.control_dependencies(tf.nest.flatten(batch, expand_composites=True)):
            return self._whole_step(batch, with_changes)

    @tf.function(reduce_retracing=True, autograph=False)
    def add(self, batch) -> None:
        """Takes a batch, as `__call__` does, whose gradient waits for the next step."""
        sums = self.strategy.run(self._replica_add, (batch,))
        self.totals.assign_add(self.strategy.reduce("sum", sums, axis=None))

    def discard(self) -> None:
        """Drops what `add` was given since the last step, which was cut off."""
        for waiting in [self._waiting_weight, *self._waiting]:
            waiting.assign(tf.zeros_like(waiting))

    def _whole_step(self, batch, with_changes: bool) -> Changes | tuple[()]:
        sums, changes = self.strategy.run(self._replica_step, (batch, with_changes))
        self.totals.assign_add(self.strategy.reduce("sum", sums, axis=None))
        # Every replica has the same summed gradients and makes the same update.
        return tf.nest.map_structure(
            lambda value: self.strategy.experimental_local_results(value)[0], changes
        )

    def _replica_add(self, batch):
        weight, gradients, sums = self._backward(batch)
        for waiting, gradient in zip(self._waiting, gradients, strict=True):
            waiting.assign_add(weight * gradient)
        self._waiting_weight.assign_add(weight)
        return sums

    def _replica_step(self, batch, with_changes: bool):
        """The whole of a step, on one replica's share of the batch."""
        weight, gradients, sums = self._backward(batch)
        if self._waiting:
            total = tf.maximum(self._waiting_weight + weight, 1e-12)
            gradients = [
                (waiting + weight * gradient) / total
                for waiting, gradient in zip(self._waiting, gradients, strict=True)
            ]
            self.discard()
        replicas = tf.distribute.get_replica_context()
        gradients = [replicas.all_reduce("sum", gradient) for gradient in gradients]
        norm = tf.linalg.global_norm(gradients)  # of s g
        scale, applied = self._loss_scale(), gradients
        if self.clip_norm is not None:
            limit = self.clip_norm * scale
            applied, _ = tf.clip_by_global_norm(gradients, limit, use_norm=norm)
        variables = [variable.value for variable in self.model.trainable_variables]
        rate = self._learning_rate()
        before = [tf.identity(v) for v in variables] if with_changes else []
        # The optimizer sums over the replicas, which is done already: give it shares.
        if (replica_count := replicas.num_replicas_in_sync) > 1:
            applied = [gradient / replica_count for gradient in applied]
        self.optimizer.apply(applied, self.model.trainable_variables)
        if not with_changes:
            return sums, ()
        ratios = [
            tf.norm(tf.cast(new - old, tf.float32))
            / tf.maximum(tf.norm(tf.cast(new, tf.float32)), 1e-12)
            for new, old in zip(variables, before, strict=True)
        ]
        gradients = [gradient / scale for gradient in gradients]
        return sums, Changes(rate, norm / scale, gradients, ratios)

    def _backward(self, batch):
        """Forward, error and backward.

        Returns:
            W_b of all replicas; this replica's share of s g_b, dense, so that a word
            met twice in a batch has one gradient, its sum; its share of the totals.
        """
        inputs, labels, *rest = batch
        replicas = tf.distribute.get_replica_context()
        variables = [variable.value for variable in self.model.trainable_variables]
        with tf.GradientTape() as tape:
            outputs = self.model(inputs, training=True)
            values = [
                tf.cast(measure(labels, outputs), tf.float32)
                for measure in self.measures.values()
            ]
            weights = rest[0] if rest else tf.ones_like(values[0])
            weight = replicas.all_reduce("sum", tf.reduce_sum(weights))
            loss = tf.reduce_sum(weights * values[0]) / tf.maximum(weight, 1e-12)
            scaled_loss = loss * self._loss_scale()
        gradients = tape.gradient(scaled_loss, variables)
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        sums = [tf.reduce_sum(weights * value) for value in values]
        named = inputs.get("token_ids") if isinstance(inputs, dict) else None
        token_ids = tf.nest.flatten(inputs)[0] if named is None else named
        tokens = tf.math.count_nonzero(token_ids)
        examples = tf.shape(tf.nest.flatten(labels)[0])[0]
        sums = [tf.reduce_sum(weights), *sums, examples, tokens]
        return weight, gradients, tf.stack([tf.cast(s, tf.float64) for s in sums])

    def _loss_scale(self) -> tf.Tensor:
        # scale_loss multiplies by the factor, which is 1 for a plain optimizer.
        return self.optimizer.scale_loss(tf.constant(1.0))

    def _learning_rate(self) -> tf.Tensor:
        # Read before the update: a schedule's rate belongs to the updates made so far.
        optimizer = getattr(self.optimizer, "inner_optimizer", self.optimizer)
        return tf.cast(tf.convert_to_tensor(optimizer.learning_rate), tf.float32)

    def means(self, sums: np.ndarray) -> dict[str, float]:
        """Gives the mean of each measure from a difference of ``totals``."""
        values = sums[1:-2] / max(sums[0], 1e-12)
        return dict(zip(self.measures, map(float, values), strict=True))


def _own_of_each_replica(shape) -> tf.Variable:
    return tf.Variable(
        tf.zeros(shape),
        trainable=False,
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=tf.VariableAggregation.SUM,
    )
