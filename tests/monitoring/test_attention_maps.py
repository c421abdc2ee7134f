"""Pictures of attention weights."""

import numpy as np
import pytest

from roots_tf.monitoring.attention_maps import attention_image


@pytest.mark.parametrize(("heads", "length"), [(1, 8), (2, 2), (2, 18), (6, 8)])
def test_the_names_of_the_tokens_are_drawn_whole(heads, length):
    tokens = ["mattress"] * length
    weights = np.full((heads, length, length), 1 / length)

    image = attention_image(weights, tokens, title="a title")

    edges = image[[0, -1]], image[:, [0, -1]]
    assert all((edge == 255).all() for edge in edges)


def test_weights_that_do_not_fit_the_tokens_are_one_clear_line():
    with pytest.raises(ValueError, match=r"expected weights of shape \(heads, 3, 3\)"):
        attention_image(np.ones((2, 3, 4)), ["a", "b", "c"])
