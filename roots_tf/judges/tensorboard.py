"""Exercises on TensorBoard.

Article: §7.2.2.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise

# What is written: (folder, tag). TensorBoard draws a chart for each tag.
_TWO_FOLDERS = {("train", "loss"), ("validation", "loss")}
_TWO_TAGS = {("run", "train_loss"), ("run", "validation_loss")}


def _charts():
    return [len({tag for _, tag in written}) for written in (_TWO_FOLDERS, _TWO_TAGS)]


def _losses(slope=2, power=2, after=0):
    def losses(rate, steps):
        return (1 - slope * rate) ** (power * (np.arange(steps) + after))

    return losses


EXERCISES = {
    "07_2_2_tensorboard": {
        1: Exercise(
            "two numbers of charts, with two folders and with two tags",
            _charts,
            {
                "a chart belongs to a tag; folders are colours in it": [2, 1],
                "a chart belongs to a tag: one tag is one chart": [2, 2],
                "a chart belongs to a tag: two tags are two charts": [1, 1],
            },
        ),
        2: Exercise(
            "a function of C that gives nats",
            lambda C: np.log(C),
            {
                "losses are in nats: natural logarithms": lambda C: np.log2(C),
                "that is the probability of each class": lambda C: 1 / C,
                "a loss is not below 0": lambda C: -np.log(C),
            },
            draw=lambda random: (int(random.integers(2, 5000)),),
            tolerance=1e-5,
        ),
        3: Exercise(
            "a function of the rate and the number of steps that gives losses (steps,) "
            "before each step, from w = 1",
            _losses(),
            {
                "that is the loss after each step": _losses(after=1),
                "the derivative of w^2 is 2 w": _losses(slope=1),
                "that is w; the loss is its square": _losses(power=1),
                "the weight goes up the slope": _losses(slope=-2),
            },
            draw=lambda random: (
                random.uniform(0.05, 1.2),
                int(random.integers(3, 20)),
            ),
            tolerance=1e-6,
        ),
        4: OPEN,
    },
}
