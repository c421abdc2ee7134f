"""E01: the loss printed for CBOW is constant as it stands, and no repair of it learns.

Article: §4.1.1. Each reading of the printed formula is a function that gives its value
and its gradients, so that it can be looked at, differentiated and trained beside the
right loss. Shapes: V words, N context words, D dimension.
"""

from collections.abc import Callable

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# value, gradient of the output vectors (V, D), gradient of the context vectors (N, D)
Loss = Callable[[np.ndarray, np.ndarray, int], tuple[float, np.ndarray, np.ndarray]]

# The worked example: two tables of four words, context {0, 1}, centre 2.
INPUT_VECTORS = np.array([[1, 0], [0, 1], [1, 1], [-1, 0.5]])
OUTPUT_VECTORS = np.array([[0.5, 0.5], [1, -1], [0.2, 0.9], [-0.3, 0.1]])
CONTEXT, CENTRE = [0, 1], 2
CYCLE = 6  # words of a corpus 0 1 2 3 4 5 0 1 2 ...


def right_loss(u: np.ndarray, h: np.ndarray, centre: int):
    """Gives `-log softmax(u h_mean)[centre]`, the mean taken over the context vectors.

    Args:
        u: output vectors (V, D).
        h: vectors of the context words (N, D).
        centre: id of the centre word, which is to be predicted.

    Returns:
        The loss in nats, dL/du (V, D), dL/dh (N, D).
    """
    mean = h.mean(axis=0)  # (D,)
    scores = u @ mean  # (V,)
    probabilities = _softmax(scores)
    error = probabilities - np.eye(len(u))[centre]  # (V,)
    highest = scores.max()
    loss = np.log(np.exp(scores - highest).sum()) + highest - scores[centre]
    return float(loss), np.outer(error, mean), np.tile(error @ u / len(h), (len(h), 1))


def scalar_softmax(u: np.ndarray, h: np.ndarray, centre: int):
    """Reading A, to the letter: the mean of softmax(-w . h_i), a softmax of one number.

    Arguments and returns: as for `right_loss`.
    """
    values = _softmax(-(h @ u[centre])[:, None])  # (N, 1)
    return float(values.mean()), np.zeros_like(u), np.zeros_like(h)


def vocabulary_softmax(u: np.ndarray, h: np.ndarray, centre: int):
    """Reading B: a softmax over the vocabulary of -u_k . h_i, averaged, without a log.

    Arguments and returns: as for `right_loss`.
    """
    probabilities = _softmax(-(h @ u.T))  # (N, V)
    of_centre = probabilities[:, [centre]]  # (N, 1)
    of_scores = of_centre * (np.eye(len(u))[centre] - probabilities) / len(h)  # (N, V)
    return float(of_centre.mean()), -of_scores.T @ h, -of_scores @ u


def context_softmax(u: np.ndarray, h: np.ndarray, centre: int):
    """Reading C: a softmax across the N context words, and its mean.

    Arguments and returns: as for `right_loss`.
    """
    values = _softmax(-(h @ u[centre]))  # (N,)
    return float(values.mean()), np.zeros_like(u), np.zeros_like(h)


def sigmoid_alone(u: np.ndarray, h: np.ndarray, centre: int):
    """Reading D: the mean of sigmoid(-w . h_i), with no noise words to hold it.

    Arguments and returns: as for `right_loss`.
    """
    values = 1 / (1 + np.exp(h @ u[centre]))  # (N,)
    of_scores = -values * (1 - values) / len(h)  # (N,)
    of_u = np.zeros_like(u)
    of_u[centre] = of_scores @ h
    return float(values.mean()), of_u, np.outer(of_scores, u[centre])


def train_on_cycle(
    loss: Loss, deviation: float, passes: int = 300, rate: float = 0.5, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Trains by SGD on a cycle of six words, each predicted from its two neighbours.

    Args:
        loss: what is minimised.
        deviation: standard deviation of the normal start of both tables, 8 wide.
        passes: through the six examples.
        rate: learning rate.
        seed: of the start.

    Returns:
        The input and the output vectors, both (6, 8).
    """
    v, u = np.random.default_rng(seed).normal(0, deviation, (2, CYCLE, 8))
    for _ in range(passes):
        for centre in range(CYCLE):
            context = _neighbours(centre)
            _, of_u, of_h = loss(u, v[context], centre)
            u -= rate * of_u
            v[context] -= rate * of_h
    return v, u


def learned(v: np.ndarray, u: np.ndarray) -> tuple[int, float]:
    """Gives how many of the six words are predicted right, and the mean right loss."""
    scores = [u @ v[_neighbours(centre)].mean(axis=0) for centre in range(CYCLE)]
    losses = [right_loss(u, v[_neighbours(c)], c)[0] for c in range(CYCLE)]
    right = np.argmax(scores, axis=1) == np.arange(CYCLE)
    return int(right.sum()), float(np.mean(losses))


def strangers_score(v: np.ndarray, u: np.ndarray) -> float:
    """Gives the mean score of the 24 pairs of words that never meet."""
    scores = v @ u.T
    return float(
        np.mean([scores[i, j] for j in range(CYCLE) for i in _strangers_of(j)])
    )


def comparison() -> Comparison:
    """Trains on the cycle by the printed loss to the letter, B, and the right one."""
    forms = {
        "printed": scalar_softmax,
        "right": right_loss,
        "over the vocabulary": vocabulary_softmax,  # B
    }
    passes = (0, 1, 3, 10, 30, 100)
    return Comparison(
        "mean right loss, nats",
        "passes",
        passes,
        {
            form: [learned(*train_on_cycle(loss, 0.1, n))[1] for n in passes]
            for form, loss in forms.items()
        },
    )


def _neighbours(word):
    return [(word - 1) % CYCLE, (word + 1) % CYCLE]


def _strangers_of(word):
    return [other for other in range(CYCLE) if other not in _neighbours(word)]


def _softmax(scores):
    """Over the last axis."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# (deviation of the start, loss) -> words right of six, mean right loss in nats; what
# comes of `train_on_cycle`, which takes too long to be run on import.
LEARNED = {
    (6.0, right_loss): (6, 0.0000),
    (6.0, vocabulary_softmax): (0, 98.3772),
    (0.1, right_loss): (6, 0.0007),
    (0.1, vocabulary_softmax): (2, 0.9961),
}
# Mean score of pairs that never meet, before and after 2,000 passes of reading D.
STRANGERS = (0.01, 6.21)

_RIGHT, _OF_U, _ = right_loss(OUTPUT_VECTORS, INPUT_VECTORS[CONTEXT], CENTRE)
_B, _B_OF_U, _ = vocabulary_softmax(OUTPUT_VECTORS, INPUT_VECTORS[CONTEXT], CENTRE)
_FAR = OUTPUT_VECTORS.copy()
_FAR[CENTRE] = -20
_FAR_LOSS, _FAR_OF_U, _ = right_loss(_FAR, INPUT_VECTORS[CONTEXT], CENTRE)
_FAR_B_OF_U = vocabulary_softmax(_FAR, INPUT_VECTORS[CONTEXT], CENTRE)[1]


def _norm(gradient):
    return np.linalg.norm(gradient[CENTRE])


def _row(name, value, gradient):
    x, y = gradient[CENTRE]
    return f"| {name} | {value:.6f} | ({x:.6f}, {y:.6f}) |"


def _learned_row(deviation, name, loss):
    right, mean = LEARNED[deviation, loss]
    return f"| {deviation} | {name} | {right}/{CYCLE} | {mean:.4f} |"


_ZERO = np.zeros_like(OUTPUT_VECTORS)
_NUMBERS = f"""\
Four words; input vectors (1, 0), (0, 1), (1, 1), (-1, .5); output vectors (.5, .5),
(1, -1), (.2, .9), (-.3, .1); word {CENTRE} between words 0 and 1. So the mean is (.5,
.5) and the scores are (.5, 0, .55, -.1):

| loss | value | gradient of the centre word's output vector |
| --- | --- | --- |
{_row("right", _RIGHT, _OF_U)}
{_row("A: softmax of one number, to the letter", 1.0, _ZERO)}
{_row("B: softmax over the vocabulary, of -scores, no log", _B, _B_OF_U)}
{_row("C: softmax across the context words", 1 / len(CONTEXT), _ZERO)}

A and C are 1 and 1/N whatever the vectors. B stops learning where it is most wrong:
with the output vector (-20, -20) the word has probability {np.exp(-_FAR_LOSS):.1e},
and the gradient's norm is {_norm(_FAR_OF_U):.4f} for the right loss,
{_norm(_FAR_B_OF_U):.1e} for B. 300 passes over a cycle of six words, each between its
neighbours:

| start, standard deviation | loss | words right | mean right loss |
| --- | --- | --- | --- |
{_learned_row(6.0, "right", right_loss)}
{_learned_row(6.0, "B", vocabulary_softmax)}
{_learned_row(0.1, "right", right_loss)}
{_learned_row(0.1, "B", vocabulary_softmax)}

D, sigmoid(-w . h) without noise words, has no minimum: it wants all scores up. Six
equal vectors bring it as near to 0 as one likes, and tell no word from another
(probability 1/6). On the cycle, 2,000 passes raise the mean score of words that never
meet from {STRANGERS[0]} to {STRANGERS[1]}.
"""

ENTRY = Erratum(
    id="E01",
    grade="A",
    sections=("4.1.1",),
    title="The printed CBOW loss is constant.",
    printed="""
    `Loss = (1/N) sum_i softmax(-w . h_i)`, with w the centre word's vector and h_i that
    of the i-th of N context words; it is to compute the centre word's vector.
    """,
    right="""
    `L = -u_w . h + log sum_k exp(u_k . h)` with `h = (1/N) sum_i v_{c_i}`. CBOW
    predicts the centre word. The mean stands inside: one softmax over the vocabulary,
    of the mean of the context words' vectors. There are two tables, input vectors v and
    output vectors u; there is a logarithm, and no minus sign in the scores.
    `dL/du_k = (p_k - [k = w]) h`.
    """,
    source="""
    Mikolov et al. 2013a, "Efficient Estimation of Word Representations in Vector Space"
    (1301.3781), §3.1; the softmax: 2013b (1310.4546), eq. 2; written out for CBOW: Rong
    2014, "word2vec Parameter Learning Explained" (1411.2738), §1.2.
    """,
    numbers=_NUMBERS,
)
