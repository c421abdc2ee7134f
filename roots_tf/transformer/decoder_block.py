"""One block of a decoder (解码器): look back, look at the source, then think.

    x <- self-attention, to the tokens so far
    x <- cross-attention, to the encoder's output; a decoder alone (GPT) has none
    x <- feed-forward network

each with its residual and its norm, as in ``encoder_block.py``. The keys and values of
the tokens so far can be cached, and those of the encoder's output computed once.

Article: §2.5. Erratum: E14.
Source: Vaswani et al. 2017 (1706.03762), §3.1 and figure 1, right; without
    cross-attention: Liu et al. 2018 (1801.10198), §4.2.3; Radford et al. 2018, §3.1.
"""

import keras

from roots_tf.transformer.block import TransformerBlock
from roots_tf.transformer.key_value_cache import KeyValues


@keras.saving.register_keras_serializable(package="roots_tf")
class DecoderBlock(TransformerBlock):
    """Causal self-attention, cross-attention if wanted, and feed-forward network.

    Args:
        cross_attention: False for a decoder without an encoder, as GPT is.
        **kwargs: the arguments of ``TransformerBlock``.
    """

    def __init__(self, *args, cross_attention: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        self.cross_attention = cross_attention

    def build(self, input_shape):
        super().build(input_shape)
        if self.cross_attention:
            self.memory_attention = self._attention("memory_attention", self.seed + 4)
            self.memory_attention_norm = self._norm("memory_attention_norm")
            self.memory_attention_dropout = self._dropout(self.seed + 5)

    def call(
        self,
        x,
        attention_mask=None,
        memory=None,
        memory_attention_mask=None,
        position_bias=None,
        cache=None,
        return_weights=False,
        training=None,
    ):
        """Passes the sequence through the block.

        Args:
            x: (B, T, D).
            attention_mask: boolean, broadcasts to (B, H, T, T), or with a cache to
                (B, H, T, T_max); True = may attend. It must be causal: the block does
                not make it so.
            memory: the encoder's output (B, S, D), or ``project_memory`` of it.
            memory_attention_mask: boolean, broadcasts to (B, H, T, S).
            position_bias: of the self-attention, of the shape of its mask.
            cache: ``KeyValueCache`` of the tokens before, or None.
            return_weights: whether to return the attention weights as well.
            training: whether anything is dropped.

        Returns:
            (B, T, D); followed by the weights of self-attention and of cross-attention,
            if there is one, if they were asked for, and by the new cache, if one was
            given, in a tuple.

        Raises:
            ValueError: ``memory`` is missing, or given without cross-attention.
        """
        if self.cross_attention != (memory is not None):
            expected = "a memory" if self.cross_attention else "no memory"
            raise ValueError(f"expected {expected} (cross_attention), got {memory!r}")
        attended = self.self_attention(
            self.self_attention_norm(x) if self.norm_first else x,
            attention_mask=attention_mask,
            position_bias=position_bias,
            cache=cache,
            return_weights=return_weights,
            training=training,
        )
        extras = []
        if return_weights or cache is not None:
            attended, *extras = attended
        x = x + self.self_attention_dropout(attended, training=training)
        if not self.norm_first:
            x = self.self_attention_norm(x)

        if self.cross_attention:
            attended = self.memory_attention(
                self.memory_attention_norm(x) if self.norm_first else x,
                key_value=memory,
                attention_mask=memory_attention_mask,
                return_weights=return_weights,
                training=training,
            )
            if return_weights:
                attended, memory_weights = attended
                extras.insert(1, memory_weights)
            x = x + self.memory_attention_dropout(attended, training=training)
            if not self.norm_first:
                x = self.memory_attention_norm(x)

        thought = self.feed_forward(
            self.feed_forward_norm(x) if self.norm_first else x, training=training
        )
        x = x + self.feed_forward_dropout(thought, training=training)
        if not self.norm_first:
            x = self.feed_forward_norm(x)
        return (x, *extras) if extras else x

    def project_memory(self, memory) -> KeyValues:
        """Computes keys and values of the encoder's output once for all steps.

        Args:
            memory: (B, S, D).
        """
        return self.memory_attention.project_key_value(memory)

    def get_config(self):
        return {**super().get_config(), "cross_attention": self.cross_attention}
