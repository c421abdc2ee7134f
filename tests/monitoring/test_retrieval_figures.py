"""Pictures of retrieval: what is drawn where."""

import numpy as np
import pytest

from roots_tf.monitoring.retrieval_figures import found_image, similarity_image

RED = np.zeros((4, 8, 8, 3), np.uint8) + np.array([200, 0, 0], np.uint8)
CAPTIONS = ["a red one", "红色", "$x", "long " * 30]
GREEN = np.array([50, 205, 50])  # "limegreen"


def share(picture, colour):
    return (np.abs(picture.astype(int) - colour).max(axis=-1) < 6).mean()


def test_the_scores_are_drawn_beside_their_pictures():
    identity = np.eye(4)

    drawn = similarity_image(identity, RED, CAPTIONS, "epoch 1")
    blank = similarity_image(np.zeros((4, 4)), RED, CAPTIONS, "epoch 1")

    assert drawn.dtype == np.uint8 and drawn.shape == blank.shape
    assert share(drawn, [200, 0, 0]) > 0.005
    # viridis: cosine 1 is yellow, -1 dark blue.
    yellow = [253, 231, 37]
    assert share(drawn, yellow) > share(blank, yellow) + 0.02


def test_what_is_found_and_right_has_a_green_frame():
    found = np.stack([RED, RED])  # two captions, four pictures each
    right = np.zeros((2, 4), bool)
    right[0, 1] = True

    with_one, without = (
        found_image(CAPTIONS[:2], found, marks) for marks in (right, right & False)
    )

    assert share(with_one, GREEN) > 0 and share(without, GREEN) == 0
    assert share(with_one, [200, 0, 0]) > 0.1


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="expected scores"):
        similarity_image(np.eye(3), RED, CAPTIONS)
