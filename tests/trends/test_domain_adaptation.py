"""Learned and forgotten: surprise by hand, gains, the table."""

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.trends.domain_adaptation import (
    Adaptation,
    Surprise,
    adaptation_table,
    surprise,
)

FULL = Adaptation(1000, 1000, Surprise(4.0, 3.0), Surprise(3.0, 3.5))
SMALL = Adaptation(20, 1000, Surprise(4.0, 3.0), Surprise(3.1, 3.1))


def test_surprise_is_the_mean_of_minus_log_p_over_windows_that_ask_each_token_once():
    keras.utils.set_random_seed(0)
    model = Gpt(GptConfig(11, 8, 12, 1, 3, 0.0))
    model.build()
    model.set_weights([20 * weight for weight in model.get_weights()])
    token_ids = np.random.default_rng(0).integers(0, 11, 21).astype(np.int32)

    found = surprise(model, token_ids, context=8)

    # Windows of 8 from 0 and 8; the last one begins at 12 and asks what is new: 17 on.
    nats = []
    for start, asked in ((0, range(8)), (8, range(8)), (12, range(4, 8))):
        window = token_ids[start : start + 8]
        log_p = log_softmax(np.asarray(model(window[None])[0], np.float64), axis=1)
        nats += [-log_p[place, token_ids[start + place + 1]] for place in asked]
    assert len(nats) == 20
    assert found == pytest.approx(np.mean(nats), rel=1e-4)  # float32 logits


def test_gain_and_forgetting_are_differences_of_log_perplexities():
    assert FULL.gain == pytest.approx(1.0)
    assert FULL.forgotten == pytest.approx(0.5)
    assert SMALL.forgotten == pytest.approx(0.1)
    assert SMALL.share_of(FULL) == pytest.approx(0.9)


def test_nothing_can_be_a_share_of_no_gain():
    with pytest.raises(ValueError, match="expected a gain over 0 to compare, got -1"):
        SMALL.share_of(FULL._replace(after=Surprise(5.0, 3.0)))


def test_the_table_has_perplexities_and_changes():
    lines = adaptation_table({"full": FULL, "small": SMALL}).splitlines()

    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[2] == ["before", "-", "54.60", "-", "20.09", "-"]
    assert cells[3] == ["full", "1,000 (100.0%)", "20.09", "+1.000", "33.12", "+0.500"]
    assert cells[4][1:4] == ["20 (2.0%)", f"{np.exp(3.1):.2f}", "+0.900"]
