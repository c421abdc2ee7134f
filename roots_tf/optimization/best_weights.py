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
        metric: name of the validation metric to be largest; of equal epochs the
            earlier one is kept.
    """

    def __init__(self, model: keras.Model, path: Path, metric: str):
        self.model, self.path, self.metric = model, path, metric
        self.best, self.epoch = float("-inf"), 0

    def on_epoch_end(self, record) -> None:
        if record.validation[self.metric] > self.best:
            self.best, self.epoch = record.validation[self.metric], record.epoch
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
