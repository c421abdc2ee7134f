"""E14: BERT is an encoder, GPT is a decoder; and no vector of fixed length is between.

Article: §2.5. What an architecture is shows in what depends on what: change one token,
and see which positions notice. The attention here is the formula alone, in NumPy; the
project's models are put through the same measure in the tests.
"""

from collections.abc import Callable

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

LENGTH, WIDTH = 6, 16  # tokens of the example, and the width of their vectors
CHANGED = 4  # the token that is changed, counted from 0
SEED = 0


def sensitivity(
    outputs: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Measures how much each output position notices a change of each input position.

    Args:
        outputs: gives one vector a position, (T, D), for inputs as below.
        inputs: (S, ...), ids or vectors.
        others: of the same shape: what position s is changed to, one at a time.

    Returns:
        (S, T) float64, the largest absolute change of output t when input s is changed;
        exactly 0 where t does not depend on s.
    """
    before = np.asarray(outputs(inputs), np.float64)
    rows = []
    for position in range(len(inputs)):
        changed = inputs.copy()
        changed[position] = others[position]
        after = np.asarray(outputs(changed), np.float64)
        rows.append(np.abs(after - before).max(axis=-1))  # (T,)
    return np.stack(rows)


def attention(queries: np.ndarray, keys: np.ndarray, causal: bool) -> np.ndarray:
    """Computes ``softmax(Q K^T / sqrt(D)) V`` with random projections of the vectors.

    Args:
        queries: (T, D).
        keys: (S, D), which give keys and values.
        causal: whether query t attends to the keys s <= t alone.

    Returns:
        (T, D), to which the queries are added, as a block does.
    """
    width = queries.shape[1]
    random = np.random.default_rng(SEED)
    to_query, to_key, to_value = random.normal(0, width**-0.5, (3, width, width))
    scores = (queries @ to_query) @ (keys @ to_key).T / np.sqrt(width)  # (T, S)
    if causal:
        scores = np.where(np.tri(*scores.shape, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return queries + weights @ (keys @ to_value)


def encoder(x: np.ndarray) -> np.ndarray:
    """BERT's kind: every position sees all. (T, D) -> (T, D)."""
    return attention(x, x, causal=False)


def decoder(x: np.ndarray) -> np.ndarray:
    """GPT's kind: a position sees itself and what is before. (T, D) -> (T, D)."""
    return attention(x, x, causal=True)


def encoder_decoder(both: np.ndarray) -> np.ndarray:
    """T5's kind: the target sees all of the source, and its own past.

    Args:
        both: (S + T, D), the source and then the target, half and half.

    Returns:
        (T, D), one vector a target position.
    """
    source, target = np.split(both, 2)
    return attention(decoder(target), encoder(source), causal=False)


def example(seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Draws the tokens' vectors and what they are changed to, each (LENGTH, WIDTH)."""
    random = np.random.default_rng((seed, 1))
    return tuple(random.normal(size=(2, LENGTH, WIDTH)))


def matrices() -> dict[str, np.ndarray]:
    """Gives the sensitivity matrix of each architecture, (S, T)."""
    x, others = example()
    source, target = np.concatenate([x, others]), np.concatenate([others, x])
    return {
        "encoder": sensitivity(encoder, x, others),
        "decoder": sensitivity(decoder, x, others),
        "encoder-decoder": sensitivity(encoder_decoder, source, target),
    }


def picture(matrix: np.ndarray) -> list[str]:
    """Draws a matrix, a line a changed token: `#` where a position notices, else `.`"""
    return ["".join("#" if change else "." for change in row) for row in matrix]


def output_shapes(lengths: tuple[int, ...] = (5, 9)) -> list[tuple[int, int]]:
    """Gives the shape of what the encoder makes of texts of these lengths."""
    return [encoder(np.ones((length, WIDTH))).shape for length in lengths]


def comparison() -> Comparison:
    """Gives GPT's change at each position: with an encoder, as printed; without."""
    changes = matrices()
    return Comparison(
        f"change of GPT's output as token {CHANGED} changes",
        "position",
        range(LENGTH),
        {
            "printed": changes["encoder"][CHANGED].tolist(),
            "right": changes["decoder"][CHANGED].tolist(),
        },
    )


_MATRICES = matrices()
_ROWS = {
    name: ", ".join(f"{change:.2f}" for change in _MATRICES[name][CHANGED])
    for name in ("encoder", "decoder")
}
_SHAPES = " and ".join(map(str, output_shapes()))
_OF_SOURCE, _OF_TARGET = np.split(_MATRICES["encoder-decoder"], 2)
_PICTURES = "\n    ".join(
    f"| {token} | " + " | ".join(f"`{line}`" for line in lines) + " |"
    for token, *lines in zip(
        range(LENGTH),
        picture(_MATRICES["encoder"]),
        picture(_MATRICES["decoder"]),
        picture(_OF_SOURCE),
        picture(_OF_TARGET),
        strict=True,
    )
)

ENTRY = Erratum(
    id="E14",
    grade="A",
    sections=("2.5",),
    title="BERT and GPT are no encoder-decoders; no fixed-length vector is between.",
    printed="""
    The architecture has an encoder, which makes a vector of fixed length
    (固定长度的向量) of the text, and a decoder, which makes text of that vector; BERT,
    GPT and others all have it. Attention is not mentioned.
    """,
    right="""
    BERT is an encoder alone: every position sees the whole text. GPT is a decoder
    alone: a position sees itself and what is before it. T5 and the Transformer of 2017
    are encoder-decoders: each target position sees all of the source and the target
    before it. A Transformer's encoder gives one vector *for each token*; one vector of
    fixed length for the whole text is what recurrent encoder-decoders had, and
    attention was introduced to be rid of it.
    """,
    source="""
    Devlin et al. 2018 (1810.04805), §3; Radford et al. 2018 (GPT), §3.1; Brown et al.
    2020 (2005.14165), §2.1; Raffel et al. 2020 (1910.10683), §2.1; Vaswani et al. 2017
    (1706.03762), §3. The vector of fixed length: Sutskever, Vinyals, Le 2014
    (1409.3215), §2; Cho et al. 2014 (1406.1078), §2.2; its end: Bahdanau, Cho, Bengio
    2015 (1409.0473), §1.
    """,
    numbers=f"""
    The encoder's output for texts of 5 and 9 tokens has the shapes {_SHAPES}.
    One layer of attention, {LENGTH} tokens, of which token {CHANGED} (from 0) is
    changed: how much the outputs at positions 0 to {LENGTH - 1} change. In the decoder,
    those before it change by 0.0 exactly.

    | encoder | decoder |
    | --- | --- |
    | {_ROWS["encoder"]} | {_ROWS["decoder"]} |

    Which positions notice (`#`) that a token is changed, each token in its turn; for
    the encoder-decoder, positions of the target:

    | token | encoder | decoder | source, target | target, target |
    | --- | --- | --- | --- | --- |
    {_PICTURES}
    """,
)
