"""E12: the code of §5.2 cannot train a classifier, whatever the shape of the labels.

Article: §5.2, §5.3.3. `return_sequences=True` gives an output for each token, of shape
(B, T, C): labels for each text do not fit, and those that do fit train a token tagger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

CATEGORICAL = "categorical_crossentropy"
SPARSE = "sparse_categorical_crossentropy"
BATCH, TOKENS, CLASSES = 32, 20, 2
RUNS, RANK, SHAPE = "runs", "ValueError (rank)", "ValueError (shape)"


@dataclass(frozen=True)
class ShapeOutcome:
    """What `fit` makes of labels of one shape, in one epoch of one batch.

    Attributes:
        labels: what they say, and how.
        shape: of the labels.
        tokens: T, the length of the texts.
        loss: as given to `compile`.
        outcome: `RUNS`, or the kind of the error: `RANK` or `SHAPE`.
        mean_loss: nats, if it runs; not compared.
        accuracy: as Keras reports it, if it runs; not compared.
    """

    labels: str
    shape: tuple[int, ...]
    tokens: int
    loss: str
    outcome: str
    mean_loss: float | None = field(default=None, compare=False)
    accuracy: float | None = field(default=None, compare=False)


_NUMBER, _ONE_HOT = "class number a text", "one-hot a text"
_TOKEN, _TOKEN_ONE_HOT = "class number a token", "one-hot a token"

# The model as printed, (B, T) -> (B, T, 2).
PRINTED_MODEL = (
    ShapeOutcome(_NUMBER, (32,), 20, CATEGORICAL, RANK),
    ShapeOutcome(_ONE_HOT, (32, 2), 20, CATEGORICAL, RANK),
    ShapeOutcome(_ONE_HOT, (32, 2), 32, CATEGORICAL, RANK),  # T = B
    ShapeOutcome(_ONE_HOT, (32, 2), 2, CATEGORICAL, RANK),  # T = C
    ShapeOutcome(_ONE_HOT, (32, 2), 1, CATEGORICAL, RANK),
    ShapeOutcome(_NUMBER + ", as a column", (32, 1), 20, CATEGORICAL, RANK),
    ShapeOutcome(_TOKEN, (32, 20), 20, CATEGORICAL, RANK),
    ShapeOutcome(_ONE_HOT + ", with a time axis", (32, 1, 2), 20, CATEGORICAL, SHAPE),
    ShapeOutcome(_TOKEN_ONE_HOT, (32, 20, 2), 20, CATEGORICAL, RUNS),
    ShapeOutcome(_ONE_HOT + ", repeated T times", (32, 20, 2), 20, CATEGORICAL, RUNS),
    ShapeOutcome(_NUMBER, (32,), 20, SPARSE, RANK),
    ShapeOutcome(_TOKEN, (32, 20), 20, SPARSE, RUNS),
)
# The same model with `return_sequences=False`, (B, T) -> (B, 2).
FIXED_MODEL = (
    ShapeOutcome(_ONE_HOT, (32, 2), 20, CATEGORICAL, RUNS),
    ShapeOutcome(_NUMBER, (32,), 20, SPARSE, RUNS),
)


def build_fixed_model(vocab_size, embedding_dim, hidden_size, output_size):
    """Builds the printed model with one word changed: `return_sequences=False`.

    Shape:
        token ids (B, T) int32 -> probabilities (B, output_size) float32.
    """
    import keras  # here, so that ERRATA.md is written without loading TensorFlow

    inputs = keras.Input(shape=(None,), dtype="int32")
    embeddings = keras.layers.Embedding(vocab_size, embedding_dim)(inputs)
    lstm = keras.layers.Bidirectional(keras.layers.LSTM(hidden_size))(embeddings)
    outputs = keras.layers.Dense(output_size, activation="softmax")(lstm)
    return keras.Model(inputs, outputs)


def shape_outcomes(
    build_model: Callable, cases: Sequence[ShapeOutcome] = PRINTED_MODEL
) -> tuple[ShapeOutcome, ...]:
    """Fits a fresh model of the article's sizes and settings on each case's labels.

    Texts and labels are random, the same in every case.

    Args:
        build_model: takes the article's four sizes; `build_bert_model` or
            `build_fixed_model`.
        cases: labels and losses; their outcomes are not looked at.

    Returns:
        The cases with what came of them.
    """
    return tuple(_fit(build_model, case) for case in cases)


def _fit(build_model, case):
    import keras

    keras.utils.set_random_seed(0)
    token_ids = np.random.default_rng(1).integers(1, 10_000, (BATCH, case.tokens))
    model = build_model(
        vocab_size=10_000, embedding_dim=128, hidden_size=128, output_size=CLASSES
    )
    model.compile(optimizer="adam", loss=case.loss, metrics=["accuracy"])
    try:
        history = model.fit(token_ids, _labels(case), batch_size=BATCH, verbose=0)
    except ValueError as error:
        return replace(case, outcome=RANK if "rank" in str(error) else SHAPE)
    mean_loss, accuracy = (history.history[key][0] for key in ("loss", "accuracy"))
    return replace(case, outcome=RUNS, mean_loss=mean_loss, accuracy=accuracy)


def _labels(case):
    rng = np.random.default_rng(2)
    if case.labels in (_TOKEN, _TOKEN_ONE_HOT):
        numbers = rng.integers(0, CLASSES, (BATCH, case.tokens))  # (B, T)
        return numbers if case.labels == _TOKEN else np.eye(CLASSES)[numbers]
    numbers = rng.integers(0, CLASSES, BATCH)  # (B,)
    if case.labels.startswith(_NUMBER):
        return numbers.reshape(case.shape)
    one_hot = np.eye(CLASSES)[numbers]  # (B, C)
    if len(case.shape) == 2:
        return one_hot
    return np.repeat(one_hot[:, None], case.shape[1], axis=1)  # (B, T, C)


def repeated_label_accuracies(
    right_tokens: Sequence[int], tokens: int
) -> tuple[float, float]:
    """Gives the accuracy a token, which Keras reports, and that of the texts.

    Args:
        right_tokens: for each text, how many of its tokens were labelled right.
        tokens: T, the length of every text.

    Returns:
        The share of tokens labelled right, and the share of texts of which more than
        half of the tokens are.

    Example:
        >>> repeated_label_accuracies([20, 9], tokens=20)
        (0.725, 0.5)
    """
    right = np.asarray(right_tokens)
    return float(right.mean() / tokens), float((right > tokens / 2).mean())


def comparison() -> Comparison:
    """Gives accuracies of two texts, one all right, for each number in the other."""
    pairs = [repeated_label_accuracies([TOKENS, n], TOKENS) for n in range(TOKENS + 1)]
    by_token, by_text = zip(*pairs, strict=True)
    return Comparison(
        "accuracy: printed of tokens, right of texts",
        "tokens right in the second text",
        range(TOKENS + 1),
        {"printed": by_token, "right": by_text},
    )


def _table(cases):
    rows = ["| labels | shape | T | loss | `fit` |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {case.labels} | {case.shape} | {case.tokens} | `{case.loss}` "
        f"| {case.outcome} |"
        for case in cases
    ]
    return "\n".join(rows)


_BY_TOKEN, _BY_TEXT = repeated_label_accuracies([20, 9], tokens=20)
_NUMBERS = f"""\
`fit` on {BATCH} random texts of T tokens, in one batch:

{_table(PRINTED_MODEL)}

With `return_sequences=False`; loss and accuracy are the same for both:

{_table(FIXED_MODEL)}

What runs is trained and measured by the token, padding included. Repeated labels hide
it: with 20 of 20 tokens right in one text and 9 of 20 in another, the accuracy a token
is {_BY_TOKEN}, that of the texts {_BY_TEXT}.
"""

ENTRY = Erratum(
    id="E12",
    grade="A",
    sections=("5.2", "5.3.3"),
    title="The printed code cannot train a text classifier.",
    printed="""
    `LSTM(hidden_size, return_sequences=True)`, a softmax on top, then
    `compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])`
    and `fit(x_train, y_train, …)`. `x_train` is never defined: run to the letter, the
    code ends in a `NameError`.
    """,
    right="""
    `return_sequences=True` keeps one vector a token, so the output is (B, T, 2): two
    probabilities for each token. A classifier needs one vector a text: the last state
    (`return_sequences=False`), a mean or maximum over the real tokens, or attention
    pooling. Or keep the model, and call it a tagger.
    """,
    source="""
    The shapes follow from the code. The tagger: Huang, Xu, Yu 2015 (1508.01991), §2.2.
    Attention pooling: Yang et al. 2016, "Hierarchical Attention Networks for Document
    Classification", §2.2, eq. 5–7.
    """,
    numbers=_NUMBERS,
)
