"""One block of an encoder (编码器): every token looks at all tokens, then thinks.

    post-norm, as in 2017 and BERT:    x <- Norm(x + Dropout(Sublayer(x)))
    pre-norm, as in GPT-2 and T5:      x <- x + Dropout(Sublayer(Norm(x)))

with self-attention as the first sublayer and the feed-forward network as the second.

Article: §2.5. Erratum: E14.
Source: Vaswani et al. 2017 (1706.03762), §3.1, §5.4 and figure 1, left; pre-norm:
    Radford et al. 2019 (GPT-2), §2.3; Xiong et al. 2020 (2002.04745), §3.
"""

import keras

from roots_tf.transformer.block import TransformerBlock


@keras.saving.register_keras_serializable(package="roots_tf")
class EncoderBlock(TransformerBlock):
    """Self-attention and feed-forward network, each with its residual and its norm.

    The arguments are those of ``TransformerBlock``.
    """

    def call(
        self,
        x,
        attention_mask=None,
        position_bias=None,
        return_weights=False,
        training=None,
    ):
        """Passes the sequence through the block.

        Args:
            x: (B, T, D).
            attention_mask: boolean, broadcasts to (B, H, T, T), True = may attend.
            position_bias: broadcasts to (B, H, T, T), added to the scores.
            return_weights: whether to return the attention weights as well.
            training: whether anything is dropped.

        Returns:
            (B, T, D); or that and the weights (B, H, T, T).
        """
        attended = self.self_attention(
            self.self_attention_norm(x) if self.norm_first else x,
            attention_mask=attention_mask,
            position_bias=position_bias,
            return_weights=return_weights,
            training=training,
        )
        if return_weights:
            attended, weights = attended
        x = x + self.self_attention_dropout(attended, training=training)
        if not self.norm_first:
            x = self.self_attention_norm(x)
        thought = self.feed_forward(
            self.feed_forward_norm(x) if self.norm_first else x, training=training
        )
        x = x + self.feed_forward_dropout(thought, training=training)
        if not self.norm_first:
            x = self.feed_forward_norm(x)
        return (x, weights) if return_weights else x
