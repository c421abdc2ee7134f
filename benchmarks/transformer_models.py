"""One GPT four times: ours, of Keras' own layers, in PyTorch, of transformers."""

import numpy as np

LAYERS, WIDTH, HEADS, LENGTH, VOCABULARY = 4, 256, 4, 128, 8_000


def our_gpt(positions=LENGTH):
    """Gives the project's model, with room for so many tokens."""
    from roots_tf.models.gpt import Gpt, GptConfig

    model = Gpt(GptConfig(VOCABULARY, positions, WIDTH, LAYERS, HEADS, dropout=0.0))
    model.build()
    return model


def stock_gpt():
    """Gives the same model of Keras' own layers."""
    import keras
    from keras import layers, ops

    class TiedHead(layers.Layer):
        def __init__(self, embedding):
            super().__init__()
            self.embedding = embedding

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.embedding.embeddings))

    token_ids = keras.Input((LENGTH,), dtype="int32")
    embedding = layers.Embedding(VOCABULARY, WIDTH)
    positions = layers.Embedding(LENGTH, WIDTH)
    x = embedding(token_ids) + positions(np.arange(LENGTH))
    for _ in range(LAYERS):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
        x = x + attention(y, y, use_causal_mask=True)
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.Dense(4 * WIDTH)(y)
        x = x + layers.Dense(WIDTH)(ops.gelu(y, approximate=True))
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    return keras.Model(token_ids, TiedHead(embedding)(x))


def torch_gpt():
    """Gives the same model in PyTorch."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
            self.projections = nn.Linear(WIDTH, 3 * WIDTH)
            self.output = nn.Linear(WIDTH, WIDTH)
            self.inner = nn.Linear(WIDTH, 4 * WIDTH)
            self.outer = nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x):
            q, k, v = (
                part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
                for part in self.projections(self.norms[0](x)).split(WIDTH, -1)
            )
            heads = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.output(heads.transpose(1, 2).flatten(2))
            inner = functional.gelu(self.inner(self.norms[1](x)), approximate="tanh")
            return x + self.outer(inner)

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.positions = nn.Parameter(torch.randn(LENGTH, WIDTH))
            self.blocks = nn.Sequential(*[Block() for _ in range(LAYERS)])
            self.norm = nn.LayerNorm(WIDTH)

        def forward(self, ids):
            x = self.norm(self.blocks(self.tokens(ids) + self.positions))
            return x @ self.tokens.weight.T

    return Gpt()


def published_gpt(positions):
    """Gives the same model of ``transformers``, with room for so many tokens."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=positions,
        n_embd=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    return transformers.GPT2LMHeadModel(config).eval()
