"""One step of gradient descent: forward, error, backward, update.

Article: §3.2.1 (前向传播, 计算误差, 反向传播, 参数更新), §4.2.2.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

Measure = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class TrainingStep:
    """Compiles the step once, and counts over the steps of an epoch.

    The mean loss is ``sum(w l) / sum(w)`` over all items of the batch on all replicas,
    where an item is a text or, for sequences of labels, a token: not a mean of the
    replicas' means, which would count the items of a small share double.

    Args:
        model: built Keras model, made in the strategy's scope.
        optimizer: Keras optimizer, made there too; a ``LossScaleOptimizer`` scales
            the loss.
        measures: functions of ``(labels, outputs)`` that give one value an item, by
            name; the first, named "loss", is minimised.
        clip_norm: largest allowed global norm of the gradient, or None.
        strategy: ``tf.distribute.Strategy`` under which the model was made.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        measures: dict[str, Measure],
        clip_norm: float | None,
        strategy: tf.distribute.Strategy,
    ):
        self.model, self.optimizer, self.measures = model, optimizer, measures
        self.clip_norm, self.strategy = clip_norm, strategy
        with strategy.scope():
            optimizer.build(model.trainable_variables)
        # Sums over the epoch: weights, each weighted measure, examples, tokens.
        self.totals = tf.Variable(np.zeros(len(measures) + 3), dtype=tf.float64)

    @tf.function(reduce_retracing=True, autograph=False)
    def __call__(self, batch, with_changes: bool):
        """Makes one step with a batch ``(inputs, labels)`` or with weights as third.

        Returns:
            With ``with_changes``: the gradient's global norm, the gradients, and the
            ratios ``||w_new - w_old|| / ||w_new||``, both in the order of the model's
            trainable variables; else nothing.
        """
        sums, changes = self.strategy.run(self._replica_step, (batch, with_changes))
        self.totals.assign_add(self.strategy.reduce("sum", sums, axis=None))
        # Every replica has the same summed gradients and makes the same update.
        return tf.nest.map_structure(
            lambda value: self.strategy.experimental_local_results(value)[0], changes
        )

    def _replica_step(self, batch, with_changes: bool):
        """Forward, loss, backward, update on one replica's share of the batch."""
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
            scale = self._loss_scale()
            scaled_loss = loss * scale
        gradients = tape.gradient(scaled_loss, variables)
        # Dense, so that a word met twice in a batch has one gradient, its sum.
        gradients = [
            replicas.all_reduce("sum", tf.convert_to_tensor(gradient))
            for gradient in gradients
        ]
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm is not None:
            limit = self.clip_norm * scale
            gradients, _ = tf.clip_by_global_norm(gradients, limit, use_norm=norm)
        before = [tf.identity(variable) for variable in variables]
        # The optimizer sums over the replicas, which is done already: give it shares.
        replica_count = replicas.num_replicas_in_sync
        self.optimizer.apply(
            [gradient / replica_count for gradient in gradients],
            self.model.trainable_variables,
        )
        sums = [tf.reduce_sum(weights * value) for value in values]
        tokens = tf.math.count_nonzero(tf.nest.flatten(inputs)[0])
        examples = tf.shape(labels)[0]
        sums = [tf.reduce_sum(weights), *sums, examples, tokens]
        sums = tf.stack([tf.cast(value, tf.float64) for value in sums])
        if not with_changes:
            return sums, ()
        ratios = [
            tf.norm(tf.cast(new - old, tf.float32))
            / tf.maximum(tf.norm(tf.cast(new, tf.float32)), 1e-12)
            for new, old in zip(variables, before, strict=True)
        ]
        gradients = [gradient / scale for gradient in gradients]
        return sums, (norm / scale, gradients, ratios)

    def _loss_scale(self) -> tf.Tensor:
        # scale_loss multiplies by the factor, which is 1 for a plain optimizer.
        return self.optimizer.scale_loss(tf.constant(1.0))

    def means(self, sums: np.ndarray) -> dict[str, float]:
        """Gives the mean of each measure from a difference of ``totals``."""
        values = sums[1:-2] / max(sums[0], 1e-12)
        return dict(zip(self.measures, map(float, values), strict=True))
