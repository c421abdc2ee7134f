"""Coloured shapes: what a picture shows is what its caption says."""

import numpy as np
import pytest
from scipy import ndimage

from roots_tf.trends.coloured_shapes import (
    COLOURS,
    COUNTS,
    PLACES,
    SHAPES,
    Scene,
    captions_of,
    draw,
    draw_pictures,
    scenes,
)


def contrast(picture):
    """How far each pixel is from the background, which is most of the picture."""
    ground = np.median(picture.reshape(-1, 3), axis=0)
    return np.abs(picture.astype(float) - ground).max(axis=-1)


@pytest.mark.parametrize("number", range(0, 600, 7))
def test_a_picture_has_so_many_shapes_in_that_place_and_colour(number):
    scene = sum(scenes(), [])[number]

    picture = draw(scene, np.random.default_rng(number))

    far = contrast(picture)
    inside = far > 0.5 * np.quantile(far, 0.98)
    parts, count = ndimage.label(inside)
    sizes = ndimage.sum(inside, parts, range(1, count + 1))
    assert np.sum(sizes > 5) == scene.count
    y, x = (axis.mean() for axis in np.nonzero(inside))
    (middle_x, middle_y), _, _ = PLACES[scene.place]
    assert abs(x - middle_x) < 4 and abs(y - middle_y) < 4
    # Without the edges, where paint and background mix.
    seen = np.median(picture[far > 0.8 * np.quantile(far, 0.98)], axis=0)
    distances = {name: np.abs(seen - rgb).sum() for name, (rgb, _) in COLOURS.items()}
    assert min(distances, key=distances.get) == scene.colour


def test_the_areas_are_those_of_the_shapes():
    x = np.linspace(-1, 1, 1001)
    areas = {
        name: 4 * inside(x[None, :], x[:, None]).mean()
        for name, (inside, _) in SHAPES.items()
    }

    # By geometry, of [-1, 1]^2: a circle of radius 1, a square of side 1.76, a triangle
    # of height and base 1.85, two bars of 2 by 0.66 that share 0.66^2, a ring.
    expected = {
        "circle": np.pi,
        "square": 1.76**2,
        "triangle": 1.85**2 / 2,
        "cross": 2 * 2 * 0.66 - 0.66**2,
        "ring": np.pi * (1 - 0.3),
    }
    # A grid of 1,001 points a side: the edges are off by about 0.001 each.
    assert areas == pytest.approx(expected, rel=0.01)


def test_every_combination_is_on_one_side_and_pairs_of_colour_and_shape_are_held_out():
    seen, unseen = scenes()

    assert len(seen) + len(unseen) == 8 * 5 * 3 * 5 == len({*seen, *unseen})
    pairs = [{scene[:2] for scene in part} for part in (seen, unseen)]
    assert not pairs[0] & pairs[1] and len(pairs[1]) == 8
    # Each colour, shape, count and place of what is held out is seen with others.
    for place, names in enumerate((COLOURS, SHAPES, COUNTS, PLACES)):
        assert {scene[place] for scene in seen} == set(names)
        assert {scene[place] for scene in unseen} == set(names)


def test_captions_say_colour_shape_count_and_place_in_both_languages():
    scene = Scene("black", "cross", 3, "at the top")

    english, chinese = (captions_of(scene, language) for language in ("en", "zh"))

    assert english == [
        "three black crosses at the top",
        "at the top there are three black crosses",
        "a picture of three black crosses at the top",
    ]
    assert chinese == [
        "上面有三个黑色十字形",
        "三个黑色十字形在上面",
        "图片上面是三个黑色十字形",
    ]
    assert captions_of(scene._replace(count=1), "en")[1] == (
        "at the top there is one black cross"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_two_scenes_have_the_same_caption(language):
    captions = [captions_of(scene, language) for scene in sum(scenes(), [])]

    assert len({caption for ways in captions for caption in ways}) == 3 * 600


def test_pictures_follow_from_the_seed_and_differ_from_each_other():
    of = scenes()[0][:3]

    pictures, captions = draw_pictures(of, 2, "en", seed=1)
    again, _ = draw_pictures(of, 2, "en", seed=1)
    others, _ = draw_pictures(of, 2, "en", seed=2)

    assert pictures.shape == (6, 32, 32, 3) and pictures.dtype == np.uint8
    assert np.array_equal(pictures, again)
    assert not np.array_equal(pictures, others)
    assert not np.array_equal(pictures[:3], pictures[3:])
    assert all(
        caption in captions_of(scene, "en")
        for scene, caption in zip([*of, *of], captions, strict=True)
    )


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="expected a language of en, zh, got 'fr'"):
        draw_pictures(scenes()[0][:1], 1, "fr", seed=0)
