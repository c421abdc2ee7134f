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
import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import ops

from roots_tf.transformer.attention import MultiHeadAttention
from roots_tf.transformer.feed_forward import FeedForward

# Name of a projection -> the kind of layer that has it, and the layer's attribute.
PROJECTIONS = {
    "query": (MultiHeadAttention, "query_projection"),
    "key": (MultiHeadAttention, "key_projection"),
    "value": (MultiHeadAttention, "value_projection"),
    "output": (MultiHeadAttention, "output_projection"),
    "inner": (FeedForward, "inner_projection"),
    "outer": (FeedForward, "output_projection"),
}


@keras.saving.register_keras_serializable(package="roots_tf")
class LowRankAdapted(keras.Model):
    """A frozen model whose projections have a low-rank sum added.

    The product A B is added to W before the model runs: for the many tokens of a batch
    that costs less than to send each through A and B. Keras' own ``enable_lora`` would
    leave nothing to train if the model was frozen before, without a word.

    Args:
        frozen: any model or layer here with attention; it is frozen (``trainable`` is
            set to False), and shared, not copied.
        rank: r.
        alpha: the sum is scaled by ``alpha / rank``.
        projections: names of ``PROJECTIONS``; the paper's are "query" and "value".
        seed: of the initial A.

    Shape:
        As of the frozen model. Supports no masking of Keras' own.

    Raises:
        ValueError: rank or alpha is not over 0, an unknown projection, or the model has
            none of them.
    """

    def __init__(
        self,
        frozen: keras.layers.Layer,
        rank: int = 4,
        alpha: float = 8.0,
        projections: Sequence[str] = ("query", "value"),
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if rank < 1 or alpha <= 0:
            raise ValueError(
                f"expected a rank and an alpha over 0, got {rank} and {alpha}"
            )
        unknown = [name for name in projections if name not in PROJECTIONS]
        if unknown or not projections:
            raise ValueError(
                f"expected projections of {', '.join(PROJECTIONS)}, "
                f"got {', '.join(unknown) or 'none'}"
            )
        self.frozen = frozen
        self.rank = rank
        self.alpha = alpha
        self.projections = tuple(projections)
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape=None):
        if not self.frozen.built:
            self.frozen.build(input_shape)
        # Both: to set a value that is there already does nothing in Keras, and a model
        # that was loaded is called frozen while the layers that it built are not.
        self.frozen.trainable = True
        self.frozen.trainable = False
        self.down, self.up = [], []
        for number, (name, layer) in enumerate(self.adapted_layers().items()):
            width, units = layer.kernel.shape
            flat = name.replace("/", "_")
            # Gaussian, as in the paper, so wide that x A is about as large as x.
            normal = keras.initializers.RandomNormal(
                stddev=width**-0.5, seed=self.seed + number
            )
            self.down.append(
                self.add_weight((width, self.rank), normal, name=f"{flat}_A")
            )
            self.up.append(
                self.add_weight((self.rank, units), "zeros", name=f"{flat}_B")
            )
        if not self.down:
            raise ValueError(
                f"expected a model with projections {', '.join(self.projections)}, "
                f"got {type(self.frozen).__name__} without any"
            )

    def call(self, inputs, training=None):
        with keras.StatelessScope(self.adapted_kernels()) as scope:
            outputs = self.frozen(inputs, training=training)
        # What the scope kept from its variables: the next state of each dropout.
        weights = {id(weight) for weight in self.frozen.weights}
        for state in self.frozen.variables:
            new = scope.get_current_value(state)
            if id(state) not in weights and new is not None:
                state.assign(new)
        return outputs

    def adapted_layers(self) -> dict[str, keras.layers.Dense]:
        """Gives each projection that is adapted, by its path in the model."""
        # Not kept in an attribute: Keras would count their weights as this model's own.
        first = (
            len(self.frozen.path) + 1
        )  # another process may name the model otherwise
        found = {}
        for layer in self.frozen._flatten_layers():
            for kind, attribute in map(PROJECTIONS.get, self.projections):
                if isinstance(layer, kind):
                    dense = getattr(layer, attribute)
                    found[dense.path[first:]] = dense
        return found

    def adapted_kernels(self) -> list[tuple]:
        """Gives of each projection W, and the tensor ``W + (alpha / r) A B``."""
        scale = self.alpha / self.rank
        layers = self.adapted_layers().values()
        return [
            (layer.kernel, layer.kernel + scale * ops.matmul(down, up))
            for layer, down, up in zip(layers, self.down, self.up, strict=True)
        ]

    def merge(self) -> keras.layers.Layer:
        """Adds the products to the frozen model, and gives it, trainable again.

        B is 0 afterwards, so that this model still computes the same.
        """
        for kernel, adapted in self.adapted_kernels():
            kernel.assign(adapted)
        for up in self.up:
            up.assign(ops.zeros_like(up))
        self.frozen.trainable = True
        return self.frozen

    @property
    def adapter_parameters(self) -> int:
        """``r (in + out)``, summed over the adapted projections."""
        shapes = [layer.kernel.shape for layer in self.adapted_layers().values()]
        return self.rank * sum(map(sum, shapes))

    def save_adapter(self, path: str | Path) -> None:
        """Writes A and B alone, as safetensors, in the shapes of the paper.

        ``<projection>.lora_A`` is (r, in) and ``<projection>.lora_B`` (out, r); rank,
        alpha and the names of the projections are the file's metadata.
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
            "projections": ",".join(self.projections),
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
            ValueError: it is missing, damaged, or of a model with other projections.
        """
        tensors, metadata = _read(Path(path))
        try:
            adapted = cls(
                frozen,
                int(metadata["rank"]),
                float(metadata["alpha"]),
                metadata["projections"].split(","),
            )
            adapted.build()
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from None
        expected = adapted._adapter()
        shapes = {name: tensor.T.shape for name, tensor in tensors.items()}
        if shapes != {name: tuple(weight.shape) for name, weight in expected.items()}:
            raise ValueError(
                f"{path}: expected an adapter of this model's {len(adapted.down)} "
                "projections, got one of another model"
            )
        for name, weight in expected.items():
            weight.assign(tensors[name].T)
        return adapted

    def _adapter(self) -> dict[str, keras.Variable]:
        """Gives A and B by their published names."""
        found = {}
        for name, down, up in zip(
            self.adapted_layers(), self.down, self.up, strict=True
        ):
            found |= {f"{name}.lora_A": down, f"{name}.lora_B": up}
        return found

    def get_config(self):
        return {
            **super().get_config(),
            "frozen": keras.saving.serialize_keras_object(self.frozen),
            "rank": self.rank,
            "alpha": self.alpha,
            "projections": list(self.projections),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        frozen = keras.saving.deserialize_keras_object(config["frozen"])
        return cls(**{**config, "frozen": frozen})


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
