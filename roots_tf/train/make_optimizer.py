"""The optimizer of a run and its learning rate, from the options.

Article: §3.2.2 (优化算法).

Importing this module imports nothing heavy.
"""

from collections.abc import Callable

OPTIMIZERS: dict[str, Callable] = {
    "adam": lambda kinds, rate, **more: kinds.Adam(rate, **more),
    "adamw": lambda kinds, rate, **more: kinds.AdamW(rate, **more),
    # Its steps are relative to the size of the weights, its memory is two vectors a
    # matrix (Shazeer & Stern 2018, 1804.04235); T5's.
    "adafactor": lambda kinds, rate, **more: kinds.Adafactor(
        rate, relative_step=False, **more
    ),
    "rmsprop": lambda kinds, rate, **more: kinds.RMSprop(rate, **more),
    "momentum": lambda kinds, rate, **more: kinds.SGD(rate, momentum=0.9, **more),
    "sgd": lambda kinds, rate, **more: kinds.SGD(rate, **more),
}


def learning_rate_of(options, batches: int):
    """Gives the run's learning rate: a number, or a schedule over all its steps.

    Args:
        options: a ``GradientRunOptions``.
        batches: of one epoch.
    """
    if options.schedule == "constant" and not options.warmup:
        return options.learning_rate
    from roots_tf.optimization.learning_rate import WarmupSchedule

    total = options.epochs * options.steps_per_epoch(batches)
    warmup = min(round(options.warmup * total), total - 1)
    return WarmupSchedule(options.learning_rate, options.schedule, warmup, total)


def make_optimizer(name: str, learning_rate, **settings):
    """Makes a Keras optimizer; under mixed_float16 one that scales the loss.

    Args:
        name: one of ``OPTIMIZERS``.
        learning_rate: its step size, over 0, or a schedule.
        settings: further arguments of the Keras class, such as ``weight_decay``, which
            biases and norms are spared.
    """
    import keras

    optimizer = OPTIMIZERS[name](keras.optimizers, learning_rate, **settings)
    if settings.get("weight_decay"):
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if keras.config.dtype_policy().name == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
