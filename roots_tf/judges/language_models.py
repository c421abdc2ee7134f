"""Exercises on GPT, T5 and ALBERT.

Article: §7.3, §7.3.2.
"""

import math

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise

_P = np.array([0.4, 0.3, 0.15, 0.1, 0.05])  # of the five tokens a to e
_V, _PLACES, _D, _BLOCKS = 50_257, 1_024, 768, 12


def _gpt2(forgotten=0, more=_V * _D):
    from roots_tf.models.gpt import GptConfig

    return [GptConfig.small().parameter_count - forgotten, more]


def _left(nuclei=(2, 3), power=2.0, renormalised=True):
    """What is left by k = 2, by either nucleus and by the temperature, (4, 5)."""
    kept = [_P * (np.arange(5) < count) for count in (2, *nuclei)]
    rows = np.stack([*kept, _P**power])
    return rows / rows.sum(axis=1, keepdims=True) if renormalised else rows


def _entropy(inverted=False, base=math.e, power=None):
    def entropy(probabilities, temperature):
        exponent = temperature if inverted else 1 / temperature
        q = probabilities ** (exponent if power is None else power)
        q = q / q.sum()
        return -np.sum(q * np.log(q)) / math.log(base)

    return entropy


def _drawn_distribution(random):
    return random.dirichlet(np.ones(6)) * 0.94 + 0.01, random.uniform(0.3, 3)


def _penalised(logits, seen, penalty):
    changed = np.where(logits > 0, logits / penalty, logits * penalty)
    return np.where(seen, changed, logits)


def _drawn_logits(random):
    return random.normal(0, 2, 8), random.random(8) < 0.5, random.uniform(1.1, 2)


def _t5():
    from roots_tf.models.t5_config import T5Config

    return np.array([T5Config.base(v).parameter_count for v in ("1.0", "1.1")])


def _bucket(bidirectional=False):
    from roots_tf.transformer.relative_position_bias import relative_position_buckets

    return int(relative_position_buckets(np.array([-20]), bidirectional)[0])


def _albert():
    """Parameters of ALBERT-xxlarge: as it is, without sharing, with a wide table."""
    from roots_tf.models.albert import AlbertConfig

    config = AlbertConfig.xxlarge()
    D, F, E = config.hidden_size, config.intermediate_size, config.embedding_size
    block = 4 * D * D + 2 * D * F + 9 * D + F
    unshared = config.parameter_count + (config.num_layers - 1) * block
    rows = config.vocab_size + config.max_positions + 4  # 2 of segments, 2 of the norm
    wide = config.parameter_count + rows * (D - E) - (E + 1) * D
    return config.parameter_count, unshared, wide


def _cut_out():
    """Shares of the first token and of one in the middle: 5 spans, 15 of 100 tokens."""
    return [math.comb(85, 4) / math.comb(86, 5), 0.15]


EXERCISES = {
    "07_3_2_gpt": {
        1: Exercise(
            "two numbers of parameters: the model's, and how many more",
            _gpt2,
            {
                "after the last block there is one more norm": (
                    lambda: _gpt2(forgotten=2 * _D)
                ),
                "the layers of a block have biases, and its norms two vectors each": (
                    lambda: _gpt2(forgotten=13 * _D * _BLOCKS + 2 * _D)
                ),
                "where are the vectors of the positions?": (
                    lambda: _gpt2(forgotten=_PLACES * _D)
                ),
                "how many more: another table of the tokens alone": (
                    lambda: _gpt2(more=(_V + _PLACES) * _D)
                ),
                "how many more, not how many then": (lambda: _gpt2(more=sum(_gpt2()))),
            },
            tolerance=1e-9,
        ),
        2: Exercise(
            "probabilities (4, 5), a row each for k = 2, p = 0.7, p = 0.71, T = 1/2",
            _left,
            {
                "what is left is to sum to 1 again": lambda: _left(renormalised=False),
                "a and b have .7 together, which reaches .7": (
                    lambda: _left(nuclei=(3, 3))
                ),
                "a and b have .7 together, which does not reach .71": (
                    lambda: _left(nuclei=(2, 2))
                ),
                "logits divided by 1/2 are doubled: probabilities are squared": (
                    lambda: _left(power=0.5)
                ),
            },
            tolerance=5e-3,
        ),
        3: Exercise(
            "a function of probabilities (V,) and a temperature that gives nats",
            _entropy(),
            {
                "in nats: natural logarithms": _entropy(base=2),
                "logits are divided by the temperature": _entropy(inverted=True),
                "the temperature is missing": _entropy(power=1),
            },
            draw=_drawn_distribution,
            tolerance=1e-5,
        ),
        4: OPEN,
        5: Exercise(
            "a function of logits (V,), seen (V,), True for tokens of the text, and "
            "the penalty that gives logits (V,)",
            _penalised,
            {
                "a negative logit divided is nearer to 0: its token is more probable": (
                    lambda z, seen, penalty: np.where(seen, z / penalty, z)
                ),
                "a positive logit multiplied is larger: its token is more probable": (
                    lambda z, seen, penalty: np.where(seen, z * penalty, z)
                ),
                "tokens that the text does not have stay as they are": (
                    lambda z, seen, penalty: _penalised(z, True, penalty)
                ),
                "the other way round: those are the tokens that the text has not": (
                    lambda z, seen, penalty: _penalised(z, ~seen, penalty)
                ),
            },
            draw=_drawn_logits,
            tolerance=1e-6,
        ),
    },
    "07_3_gpt_t5_albert": {
        1: Exercise(
            "two numbers of parameters, of 1.0 and 1.1",
            _t5,
            {
                "1.1 has a table of its own for the output": lambda: _t5()[[0, 0]],
                "first 1.0, then 1.1": lambda: _t5()[::-1],
                "only one of them has two tables": lambda: _t5()[[1, 1]],
                "the biases of relative positions are learned, too": (
                    lambda: _t5() - 2 * 32 * 12
                ),
                "each stack ends in one more norm": lambda: _t5() - 2 * 768,
            },
            tolerance=1e-9,
        ),
        2: Exercise(
            "a number of a bucket, from 0",
            _bucket,
            {
                "so it is in the encoder, which has two directions": (
                    lambda: _bucket(bidirectional=True)
                ),
                "from 16 on a bucket holds several distances": 20,
                "count from 0": 18,
            },
        ),
        3: Exercise(
            "two numbers of parameters: without sharing, and with a wide table",
            lambda: _albert()[1:],
            {
                "first without sharing, then with a wide table": (
                    lambda: _albert()[:0:-1]
                ),
                "the blocks are shared; there is one table all the same": (
                    lambda: [12 * _albert()[0], _albert()[2]]
                ),
                "without one saving and then without the other, not without both": (
                    lambda: [_albert()[1], _albert()[1] + _albert()[2] - _albert()[0]]
                ),
            },
            tolerance=1e-3,
        ),
        4: Exercise(
            "two numbers from 0 to 1, for the first token and for one in the middle",
            _cut_out,
            {
                "so it is in the mean; when is the first token cut out?": [0.15, 0.15],
                "a text may begin with a gap": [0, 0.15],
                "first the first token, then one in the middle": (
                    lambda: _cut_out()[::-1]
                ),
            },
            tolerance=0.2,
        ),
        5: OPEN,
    },
}
