"""Pictures of coloured shapes (彩色图形) with captions, drawn by NumPy: no download.

    two red squares on the left
    左边有两个红色正方形

A scene is a colour, a shape, a count and a place. A fifth of the pairs of colour and
shape is held out (留出): training has red things, and circles, but no red circle. Who
finds the caption of one must have learned what red is and what a circle is, not the
pictures by heart.

Article: §8.2 (多模态融合).
Source: the question, in pictures of this kind: Johnson et al. 2017 (1612.06890), §4.7,
    CLEVR's pairs of colour and shape that are held out (compositional generalization).
"""

import itertools
from typing import NamedTuple

import numpy as np

SIDE = 32  # pixels
LANGUAGES = ("en", "zh")
# Name: (red, green, blue), Chinese name.
COLOURS = {
    "red": ((220, 40, 40), "红色"),
    "green": ((40, 160, 60), "绿色"),
    "blue": ((40, 80, 220), "蓝色"),
    "yellow": ((235, 205, 40), "黄色"),
    "purple": ((140, 50, 170), "紫色"),
    "orange": ((240, 130, 30), "橙色"),
    "black": ((25, 25, 25), "黑色"),
    "pink": ((245, 150, 190), "粉色"),
}
# Name: whether a point (x, y) of [-1, 1] lies in it, y downwards; Chinese name.
SHAPES = {
    "circle": (lambda x, y: x * x + y * y <= 1, "圆形"),
    "square": (lambda x, y: np.maximum(abs(x), abs(y)) <= 0.88, "正方形"),
    "triangle": (lambda x, y: (y <= 0.85) & (y >= 2 * abs(x) - 1), "三角形"),
    "cross": (
        lambda x, y: (
            (np.minimum(abs(x), abs(y)) <= 0.33) & (np.maximum(abs(x), abs(y)) <= 1)
        ),
        "十字形",
    ),
    "ring": (lambda x, y: (x * x + y * y <= 1) & (x * x + y * y >= 0.3), "圆环"),
}
COUNTS = {1: ("one", "一"), 2: ("two", "两"), 3: ("three", "三")}
# Name: middle of the group (x, y) in pixels, whether it stands upright, Chinese name.
PLACES = {
    "on the left": ((7, 16), True, "左边"),
    "on the right": ((25, 16), True, "右边"),
    "at the top": ((16, 7), False, "上面"),
    "at the bottom": ((16, 25), False, "下面"),
    "in the middle": ((16, 16), False, "中间"),
}
_SPACING = 10  # pixels from shape to shape
_FINER = 3  # points a pixel and direction: smooth edges


class Scene(NamedTuple):
    """What is to be seen: keys of COLOURS, SHAPES, COUNTS and PLACES."""

    colour: str
    shape: str
    count: int
    place: str


def scenes() -> tuple[list[Scene], list[Scene]]:
    """Gives the scenes of training, and those whose colour and shape are held out.

    Held out are 8 of the 40 pairs, one of each colour; each shape has one or two.
    """
    shapes = list(SHAPES)
    held_out = {
        (colour, shapes[number % len(shapes)]) for number, colour in enumerate(COLOURS)
    }
    seen, unseen = [], []
    for scene in itertools.starmap(
        Scene, itertools.product(COLOURS, SHAPES, COUNTS, PLACES)
    ):
        (unseen if scene[:2] in held_out else seen).append(scene)
    return seen, unseen


def captions_of(scene: Scene, language: str) -> list[str]:
    """Gives the ways to say what a scene shows.

    Raises:
        ValueError: a language other than ``LANGUAGES``.

    Example:
        >>> captions_of(Scene("red", "square", 2, "on the left"), "en")[0]
        'two red squares on the left'
        >>> captions_of(Scene("red", "square", 2, "on the left"), "zh")[0]
        '左边有两个红色正方形'
    """
    if language not in LANGUAGES:
        raise ValueError(
            f"expected a language of {', '.join(LANGUAGES)}, got {language!r}"
        )
    if language == "zh":
        place = PLACES[scene.place][-1]
        things = (
            f"{COUNTS[scene.count][1]}个{COLOURS[scene.colour][1]}"
            f"{SHAPES[scene.shape][1]}"
        )
        return [f"{place}有{things}", f"{things}在{place}", f"图片{place}是{things}"]
    plural = scene.shape + ("es" if scene.shape == "cross" else "s")
    number = COUNTS[scene.count][0]
    things = f"{number} {scene.colour} {scene.shape if scene.count == 1 else plural}"
    return [
        f"{things} {scene.place}",
        f"{scene.place} there {'is' if scene.count == 1 else 'are'} {things}",
        f"a picture of {things} {scene.place}",
    ]


def draw(scene: Scene, generator: np.random.Generator) -> np.ndarray:
    """Draws a scene: (32, 32, 3) uint8.

    Places, sizes, the shades and the background differ from picture to picture.
    """
    rgb, shape = COLOURS[scene.colour][0], SHAPES[scene.shape][0]
    (x, y), upright, _ = PLACES[scene.place]
    fine = (np.arange(SIDE * _FINER) + 0.5) / _FINER
    covered = np.zeros((SIDE * _FINER,) * 2, bool)
    group = np.array([x, y]) + generator.uniform(-1.5, 1.5, 2)
    for number in range(scene.count):
        offset = (number - (scene.count - 1) / 2) * _SPACING
        own = group + ((0, offset) if upright else (offset, 0))
        own = own + generator.uniform(-0.4, 0.4, 2)
        radius = generator.uniform(3.2, 4)
        covered |= shape(
            (fine[None, :] - own[0]) / radius, (fine[:, None] - own[1]) / radius
        )
    share = covered.reshape(SIDE, _FINER, SIDE, _FINER).mean(axis=(1, 3))[..., None]
    ground = generator.uniform(200, 255) + generator.uniform(-12, 12, 3)
    paint = np.array(rgb) * generator.uniform(0.85, 1.1) + generator.uniform(-10, 10, 3)
    pixels = share * paint + (1 - share) * ground  # (32, 32, 1) -> (32, 32, 3)
    pixels = pixels + generator.normal(0, 6, pixels.shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def draw_pictures(
    of: list[Scene], each: int, language: str, seed: int
) -> tuple[np.ndarray, list[str]]:
    """Draws each scene several times, with one of its captions each.

    Args:
        of: the scenes, of which there are N.
        each: pictures a scene, k, in turn: all scenes, then all again.
        language: of the captions.
        seed: of everything; another one gives other pictures.

    Returns:
        The pictures (k N, 32, 32, 3) uint8, and k N captions.
    """
    generator = np.random.default_rng(seed)
    pictures, captions = [], []
    for scene in [*of] * each:
        pictures.append(draw(scene, generator))
        captions.append(str(generator.choice(captions_of(scene, language))))
    return np.stack(pictures), captions
