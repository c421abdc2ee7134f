"""Keeps the weights of the epoch that validates best (early stopping's choice).

Article: §3.3, §9.2 step 5 (使用验证数据评估模型性能).
"""

import os
from pathlib import Path

import keras


class BestWeights:
    """A hook of the training loop.

    Args:
        model: whose weights are kept.
        path: file of the weights, ending in ``.weights.h5``.
        metric: name of the validation metric that tells; of equal epochs the earlier
            one is kept.
        smallest: whether the smallest value is the best, as of a loss.
    """

    def __init__(
        self, model: keras.Model, path: Path, metric: str, smallest: bool = False
    ):
        self.model, self.path, self.metric = model, path, metric
        self.smallest = smallest
        self.best, self.epoch = float("inf" if smallest else "-inf"), 0

    def on_epoch_end(self, record) -> None:
        value = record.validation[self.metric]
        if value < self.best if self.smallest else value > self.best:
            self.best, self.epoch = value, record.epoch
            temporary = self.path.with_name("new." + self.path.name)
            self.model.save_weights(temporary)
            os.replace(temporary, self.path)

    def load(self) -> None:
        """Puts the best epoch's weights back into the model."""
        self.model.load_weights(self.path)

    def state(self) -> dict:
        # JSON has no infinity: before the first epoch there is nothing to keep.
        return {"best": self.best, "epoch": self.epoch} if self.epoch else {}

    def restore(self, state: dict) -> None:
        if state:
            self.best, self.epoch = state["best"], state["epoch"]
