"""How the next token is chosen (采样): pure functions on logits.

Article: §6 (4. 文本生成).

Each takes logits (B, V) and gives logits (B, V) float32, in which a token that must not
be chosen has -inf; ``SamplingRule`` applies them in the usual order.
"""

from dataclasses import dataclass

from keras import ops


def greedy(logits):
    """Gives the most probable token (B,) int32; of equal ones the first."""
    return ops.cast(ops.argmax(logits, axis=-1), "int32")


def with_temperature(logits, temperature: float):
    """Gives ``logits / temperature``: below 1 sharper, above 1 flatter."""
    return ops.cast(logits, "float32") / temperature


def keep_top_k(logits, k: int):
    """Keeps the k most probable tokens, and those as probable as the k-th.

    Source: Fan et al. 2018 (1805.04833), §5.
    """
    logits = ops.cast(logits, "float32")
    values, _ = ops.top_k(logits, min(k, logits.shape[-1]))  # (B, k), falling
    return ops.where(logits < values[:, -1:], -float("inf"), logits)


def keep_top_p(logits, p: float):
    """Keeps the nucleus: the fewest tokens whose probabilities reach p together.

    The most probable token always stays, and so do tokens as probable as the last
    of the nucleus.

    Source: Holtzman et al. 2020 (1904.09751), §3.1, eq. (2).
    """
    logits = ops.cast(logits, "float32")
    falling = ops.flip(ops.sort(logits, axis=-1), axis=-1)  # (B, V)
    probabilities = ops.softmax(falling, axis=-1)
    before = ops.cumsum(probabilities, axis=-1) - probabilities  # 0 for the first
    falling = ops.where(before < p, falling, float("inf"))
    lowest = ops.min(falling, axis=-1, keepdims=True)  # (B, 1)
    return ops.where(logits < lowest, -float("inf"), logits)


def penalize_repetition(logits, seen, penalty: float):
    """Makes tokens that stand in the text already less probable.

    The paper divides their logits by the penalty. That would make a token with a
    negative logit more probable; as is usual since, such logits are multiplied.

    Args:
        logits: (B, V).
        seen: (B, V) boolean, True for tokens of the text so far.
        penalty: 1 changes nothing; the paper has 1.2.

    Source: Keskar et al. 2019 (1909.05858), §4.1.
    """
    logits = ops.cast(logits, "float32")
    penalized = ops.where(logits > 0, logits / penalty, logits * penalty)
    return ops.where(seen, penalized, logits)


def sample(logits, uniform):
    """Draws tokens with the probabilities softmax(logits).

    By the Gumbel-max trick: ``argmax_v(logits_v - log(-log(u_v)))`` is v with
    probability ``softmax(logits)_v``.

    Args:
        logits: (B, V).
        uniform: u, random numbers (B, V) float32 from [0, 1), each independent.

    Returns:
        Tokens (B,) int32.

    Source: Maddison, Tarlow and Minka 2014 (1411.0030), §2.
    """
    return greedy(ops.cast(logits, "float32") - ops.log(-ops.log(uniform)))


@dataclass(frozen=True)
class SamplingRule:
    """What is done to the logits before a token is chosen, and how it is chosen.

    Attributes:
        temperature: 0 takes the most probable token; 1 the model's distribution.
        top_k: draw from the k most probable tokens; 0 for all.
        top_p: draw from the nucleus of this probability; 1 for all.
        repetition_penalty: of tokens of the text so far; 1 for none.

    Raises:
        ValueError: a value has no meaning.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def __post_init__(self):
        # Written so that a NaN fails as well.
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(
                f"expected a temperature of 0 or more, got {self.temperature}"
            )
        if self.top_k < 0:
            raise ValueError(f"expected top_k of 0 or more, got {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"expected top_p over 0 and up to 1, got {self.top_p}")
        if not 0 < self.repetition_penalty < float("inf"):
            raise ValueError(
                f"expected a repetition_penalty over 0, got {self.repetition_penalty}"
            )

    @property
    def is_greedy(self) -> bool:
        return self.temperature == 0

    @property
    def looks_back(self) -> bool:
        """Whether the tokens of the text so far matter."""
        return self.repetition_penalty != 1

    def choose(self, logits, seen=None, uniform=None):
        """Gives the next tokens (B,) int32.

        Args:
            logits: (B, V).
            seen: (B, V) boolean, needed where the rule ``looks_back``.
            uniform: (B, V) random numbers, needed unless the rule ``is_greedy``.
        """
        if self.looks_back:
            logits = penalize_repetition(logits, seen, self.repetition_penalty)
        if self.is_greedy:
            return greedy(logits)
        logits = with_temperature(logits, self.temperature)
        if self.top_k:
            logits = keep_top_k(logits, self.top_k)
        if self.top_p < 1:
            logits = keep_top_p(logits, self.top_p)
        return sample(logits, uniform)
