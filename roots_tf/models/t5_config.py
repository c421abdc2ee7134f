"""The sizes of T5, versions 1.0 and 1.1, and its special tokens.

Article: §7.3.2. Erratum: E20. The model itself: ``t5.py``.
Source: v1.0: Raffel et al. 2020 (1910.10683), §3.1.2 (base), §3.7 (small, large); v1.1:
    google-research/text-to-text-transfer-transformer, ``released_checkpoints.md``.
"""

import dataclasses

VERSIONS = ("1.0", "1.1")
# Of both: padding, with which every answer starts too, and the end of a text.
PADDING_ID, START_ID, END_ID = 0, 0, 1


@dataclasses.dataclass(frozen=True)
class T5Config:
    """Sizes of a T5. The defaults are those of T5 v1.1 small.

    Attributes:
        version: one of ``VERSIONS``.
        vocab_size: number of token ids, V; the text has 32,000 and 100 sentinels, and
            the published tables are filled up to 32,128.
        hidden_size: D.
        head_width: K, which times ``num_heads`` need not be D.
        intermediate_size: F, inner width of the feed-forward networks.
        num_layers: blocks of the encoder, and as many of the decoder.
        num_heads: H.
        num_buckets: kinds of distances between positions.
        max_distance: tokens, from where on all distances are one kind.
        dropout: probability of dropping a feature or an attention weight.

    Raises:
        ValueError: a size is below 1, or no such version or dropout.
    """

    version: str = "1.1"
    vocab_size: int = 32_128
    hidden_size: int = 512
    head_width: int = 64
    intermediate_size: int = 1_024
    num_layers: int = 8
    num_heads: int = 6
    num_buckets: int = 32
    max_distance: int = 128
    dropout: float = 0.1

    def __post_init__(self):
        if self.version not in VERSIONS:
            raise ValueError(f"expected a version of {VERSIONS}, got {self.version!r}")
        for field in dataclasses.fields(self)[1:-1]:
            if getattr(self, field.name) < 1:
                raise ValueError(
                    f"expected {field.name} of 1 or more, "
                    f"got {getattr(self, field.name)}"
                )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"expected dropout from 0 to below 1, got {self.dropout}")

    @property
    def parameter_count(self) -> int:
        """``e V D + 2 B H + L (12 D H K + 2 f D F + 5 D) + 2 D``, with B buckets.

        v1.0 has e = 1 table and f = 2 matrices in a feed-forward network, v1.1 2 and 3.
        """
        d, inner = self.hidden_size, self.num_heads * self.head_width
        tables, matrices = (1, 2) if self.version == "1.0" else (2, 3)
        feed_forward = matrices * d * self.intermediate_size
        # Four projections in each attention: one in the encoder, two in the decoder.
        layer = 12 * d * inner + 2 * feed_forward + 5 * d
        biases = 2 * self.num_buckets * self.num_heads
        embeddings = tables * self.vocab_size * d
        return embeddings + biases + self.num_layers * layer + 2 * d

    @classmethod
    def tiny(cls, vocab_size: int, version: str = "1.1", **sizes) -> "T5Config":
        """Small enough for a laptop: 2 + 2 layers, 128 wide."""
        tiny = dict(hidden_size=128, head_width=32, intermediate_size=256)
        tiny |= dict(num_layers=2, num_heads=4)
        return cls(version, vocab_size, **{**tiny, **sizes})

    @classmethod
    def small(cls, version: str = "1.1") -> "T5Config":
        if version == "1.0":
            return cls("1.0", intermediate_size=2_048, num_layers=6, num_heads=8)
        return cls(version)

    @classmethod
    def base(cls, version: str = "1.1") -> "T5Config":
        inner = 3_072 if version == "1.0" else 2_048
        sizes = dict(hidden_size=768, num_layers=12, num_heads=12)
        return cls(version, intermediate_size=inner, **sizes)

    @classmethod
    def large(cls, version: str = "1.1") -> "T5Config":
        inner = 4_096 if version == "1.0" else 2_816
        sizes = dict(hidden_size=1_024, num_layers=24, num_heads=16)
        return cls(version, intermediate_size=inner, **sizes)
