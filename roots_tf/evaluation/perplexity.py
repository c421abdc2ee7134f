"""Perplexity (困惑度): between how many tokens a language model is undecided.

    perplexity = exp(-(1 / N) sum_i log p(token_i | tokens before it))
    bits per character = -(1 / characters) sum_i log2 p(token_i | tokens before it)

Perplexities of two models compare only if both cut the text into the same tokens; bits
per character compare whatever the tokens are.

Article: §2.1, §6 (4. 文本生成), §9.1; it names no measure of a language model.
Source: Jelinek et al. 1977 (perplexity); Shannon 1951, "Prediction and entropy of
    printed English" (bits a letter).
"""

import math


def perplexity(nats: float, tokens: int) -> float:
    """Gives exp of the mean surprise of a token.

    Args:
        nats: sum of ``-log p`` over the tokens.
        tokens: their number, N.

    Returns:
        1 for a model that is always sure and right, V for one that knows nothing of V
        tokens; infinity where it is too large for a float.

    Raises:
        ValueError: there is no token, or ``nats`` is below 0 or not a number.

    Example:
        >>> round(perplexity(4 * math.log(10), tokens=4), 6)
        10.0
    """
    _check(nats, tokens, "tokens")
    try:
        return math.exp(nats / tokens)
    except OverflowError:
        return math.inf


def bits_per_character(nats: float, characters: int) -> float:
    """Gives the bits that a text costs, written with the model, a character.

    Args:
        nats: sum of ``-log p`` over the tokens of the text.
        characters: of the text, or its bytes for bits a byte.

    Raises:
        ValueError: there is no character, or ``nats`` is below 0 or not a number.

    Example:
        >>> bits_per_character(10 * math.log(2), characters=5)
        2.0
    """
    _check(nats, characters, "characters")
    return nats / math.log(2) / characters


def _check(nats, count, name):
    if count < 1:
        raise ValueError(f"expected 1 or more {name}, got {count}")
    if not nats >= 0:  # false for NaN too
        raise ValueError(f"expected a sum of 0 nats or more, got {nats}")
