"""Low-rank adaptation (LoRA, 低秩适配): a large model learns through small matrices.

    y = x (W + (alpha / r) A B)        A (in, r), B (r, out), W (in, out) frozen

W stays as it was pretrained; A and B alone are trained. A begins random and B at zero,
so that before the first step nothing has changed. Afterwards W + (alpha / r) A B is a
matrix of W's own shape: merged, the model costs what it cost before.

Article: §8.3 (领域特定模型).
Source: Hu et al. 2021 (2106.09685), §4.1, eq. 3, which writes W as (out, in), so that A
    and B are transposed there and change places; §4.2.
"""

import json
import operator
import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import ops

from roots_tf.transformer.attention import MultiHeadAttention
from roots_tf.transformer.feed_forward import FeedForward

# Name of a matrix -> the kind of layer that has it, and the attribute in there.
MATRICES = {
    "query": (MultiHeadAttention, "query_projection.kernel"),
    "key": (MultiHeadAttention, "key_projection.kernel"),
    "value": (MultiHeadAttention, "value_projection.kernel"),
    "output": (MultiHeadAttention, "output_projection.kernel"),
    "inner": (FeedForward, "inner_projection.kernel"),
    "outer": (FeedForward, "output_projection.kernel"),
    "embedding": (keras.layers.Embedding, "embeddings"),
}


@keras.saving.register_keras_serializable(package="roots_tf")
class LowRankAdapted(keras.Model):
    """A frozen model with a low-rank product added to some of its matrices.

    The product A B is added to W before the model runs: for the many tokens of a batch
    that costs less than to send each through A and B. Keras' own ``enable_lora`` would
    leave nothing to train if the model was frozen before, without a word.

    Args:
        frozen: any model or layer here with attention; it is frozen (``trainable`` is
            set to False), and shared, not copied.
        rank: r.
        alpha: the sum is scaled by ``alpha / rank``.
        matrices: names of ``MATRICES``; the paper's are "query" and "value". Of an
            embedding table A (V, r) begins at zero and B random: a token that never
            comes up stays as it is. Where the table is also the head, as in GPT, so is
            its sum.
        seed: of the random initial values.
        also: names of layers that are trained as they are, such as a new head.

    Shape:
        As of the frozen model. Supports no masking of Keras' own.

    Raises:
        ValueError: rank or alpha is not over 0, an unknown matrix, or the model has
            none of them, or no such layer.
    """

    def __init__(
        self,
        frozen: keras.layers.Layer,
        rank: int = 4,
        alpha: float = 8.0,
        matrices: Sequence[str] = ("query", "value"),
        seed: int = 0,
        also: Sequence[str] = (),
        **kwargs,
    ):
        super().__init__(**kwargs)
        if rank < 1 or alpha <= 0:
            raise ValueError(
                f"expected a rank and an alpha over 0, got {rank} and {alpha}"
            )
        check_matrices(matrices)
        self.frozen = frozen
        self.rank = rank
        self.alpha = alpha
        self.matrices = tuple(matrices)
        self.seed = seed
        self.also = tuple(also)
        self.supports_masking = False

    def build(self, input_shape=None):
        if not self.frozen.built:
            self.frozen.build(input_shape)
        # Both: to set a value that is there already does nothing in Keras, and a model
        # that was loaded is called frozen while the layers that it built are not.
        self.frozen.trainable = True
        self.frozen.trainable = False
        layers = {layer.name: layer for layer in self.frozen._flatten_layers()}
        for name in self.also:
            if name not in layers:
                raise ValueError(f"expected a layer named {name}, got none")
            layers[name].trainable = True
        self.down, self.up = [], []
        for number, (name, weight) in enumerate(self.adapted_weights().items()):
            width, units = weight.shape
            # Gaussian, as in the paper, so wide that x A is about as large as x.
            normal = keras.initializers.RandomNormal(
                stddev=(units if _is_table(weight) else width) ** -0.5,
                seed=self.seed + number,
            )
            first, second = normal, "zeros"
            if _is_table(weight):
                first, second = second, first
            flat = name.replace("/", "_")
            self.down.append(
                self.add_weight((width, self.rank), first, name=f"{flat}_A")
            )
            self.up.append(
                self.add_weight((self.rank, units), second, name=f"{flat}_B")
            )
        if not self.down:
            raise ValueError(
                f"expected a model with {' or '.join(self.matrices)}, "
                f"got {type(self.frozen).__name__} without any"
            )

    def call(self, inputs, training=None):
        with keras.StatelessScope(self.adapted_values()) as scope:
            outputs = self.frozen(inputs, training=training)
        # What the scope kept from its variables: the next state of each dropout.
        weights = {id(weight) for weight in self.frozen.weights}
        for state in self.frozen.variables:
            new = scope.get_current_value(state)
            if id(state) not in weights and new is not None:
                state.assign(new)
        return outputs

    def adapted_weights(self) -> dict[str, keras.Variable]:
        """Gives each W that is adapted, by the path of its layer in the model."""
        # Not kept in an attribute: Keras would count them as this model's own weights.
        first = (
            len(self.frozen.path) + 1
        )  # another process may name the model otherwise
        found = {}
        for layer in self.frozen._flatten_layers():
            for kind, place in map(MATRICES.get, self.matrices):
                if isinstance(layer, kind):
                    weight = operator.attrgetter(place)(layer)
                    found[weight.path[first:].rpartition("/")[0]] = weight
        return found

    def adapted_values(self) -> list[tuple]:
        """Gives of each W the variable, and the tensor ``W + (alpha / r) A B``."""
        scale = self.alpha / self.rank
        weights = self.adapted_weights().values()
        return [
            (weight, weight + scale * ops.matmul(down, up))
            for weight, down, up in zip(weights, self.down, self.up, strict=True)
        ]

    def merge(self) -> keras.layers.Layer:
        """Adds the products to the frozen model, and gives it, trainable again.

        What began at zero is zero afterwards: this model still computes the same.
        """
        for (weight, adapted), down, up in zip(
            self.adapted_values(), self.down, self.up, strict=True
        ):
            weight.assign(adapted)
            used_up = down if _is_table(weight) else up
            used_up.assign(ops.zeros_like(used_up))
        self.frozen.trainable = True
        return self.frozen

    @property
    def adapter_parameters(self) -> int:
        """``r (in + out)``, summed over the adapted matrices."""
        shapes = [weight.shape for weight in self.adapted_weights().values()]
        return self.rank * sum(map(sum, shapes))

    def save_adapter(self, path: str | Path) -> None:
        """Writes A and B alone, as safetensors, in the shapes of the paper.

        ``<layer>.lora_A`` is (r, in) and ``<layer>.lora_B`` (out, r); rank, alpha and
        the names of the matrices are the file's metadata.
        """
        import safetensors.numpy

        path = Path(path)
        tensors = {
            name: np.ascontiguousarray(ops.convert_to_numpy(weight).T)
            for name, weight in self._adapter().items()
        }
        metadata = {
            "rank": str(self.rank),
            "alpha": json.dumps(self.alpha),
            "matrices": ",".join(self.matrices),
        }
        new = path.with_name("new." + path.name)
        safetensors.numpy.save_file(tensors, new, metadata)
        os.replace(new, path)

    @classmethod
    def load_adapter(
        cls, frozen: keras.layers.Layer, path: str | Path
    ) -> "LowRankAdapted":
        """Adapts a model with a file that ``save_adapter`` wrote.

        Args:
            frozen: the model that the adapter was trained on, built.
            path: of the file.

        Raises:
            ValueError: it is missing, damaged, or of a model with other matrices.
        """
        tensors, metadata = _read(Path(path))
        try:
            adapted = cls(
                frozen,
                int(metadata["rank"]),
                float(metadata["alpha"]),
                metadata["matrices"].split(","),
            )
            adapted.build()
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from None
        expected = adapted._adapter()
        shapes = {name: tensor.T.shape for name, tensor in tensors.items()}
        if shapes != {name: tuple(weight.shape) for name, weight in expected.items()}:
            raise ValueError(
                f"{path}: expected an adapter of this model's {len(adapted.down)} "
                "matrices, got one of another model"
            )
        for name, weight in expected.items():
            weight.assign(tensors[name].T)
        return adapted

    def _adapter(self) -> dict[str, keras.Variable]:
        """Gives A and B by their published names."""
        found = {}
        for name, down, up in zip(
            self.adapted_weights(), self.down, self.up, strict=True
        ):
            found |= {f"{name}.lora_A": down, f"{name}.lora_B": up}
        return found

    def get_config(self):
        return {
            **super().get_config(),
            "frozen": keras.saving.serialize_keras_object(self.frozen),
            "rank": self.rank,
            "alpha": self.alpha,
            "matrices": list(self.matrices),
            "seed": self.seed,
            "also": list(self.also),
        }

    @classmethod
    def from_config(cls, config):
        frozen = keras.saving.deserialize_keras_object(config["frozen"])
        return cls(**{**config, "frozen": frozen})


def check_matrices(names: Sequence[str]) -> None:
    """Raises a ValueError unless all are names of ``MATRICES``, one or more."""
    unknown = [name for name in names if name not in MATRICES]
    if unknown or not names:
        raise ValueError(
            f"expected matrices of {', '.join(MATRICES)}, "
            f"got {', '.join(unknown) or 'none'}"
        )


def _is_table(weight: keras.Variable) -> bool:
    return weight.path.endswith("/embeddings")


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    import safetensors

    try:
        with safetensors.safe_open(path, "numpy") as file:
            names = file.keys()
            return {
                name: file.get_tensor(name) for name in names
            }, file.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from None
