"""The Markdown table of nearest words, as TensorBoard renders it."""

import re
from html import unescape

import numpy as np
import pytest
from tensorboard.plugin_util import markdown_to_safe_html

from roots_tf.word_vectors.nearest_table import nearest_table
from roots_tf.word_vectors.word_vector_table import WordVectors

WORDS = ["king", "queen", "国王", "a|b", "<b>*x*</b>", "[x](y)"]
VECTORS = WordVectors(
    WORDS, [[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.0, 1.0], [-1.0, 0.0], [0.1, 1.0]]
)


def cells(table):
    """What a reader of the table sees, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", markdown_to_safe_html(table), re.S)[1:]
    return [
        [unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.S)]
        for row in rows
    ]


def test_each_word_has_a_row_with_its_neighbours_and_their_cosines():
    table = cells(nearest_table(VECTORS, ["king", "国王"], k=2))

    queen, chinese_king = 0.9 / np.hypot(0.9, 0.1), 0.8 / np.hypot(0.8, 0.2)
    neighbours = f"queen ({queen:.2f}), 国王 ({chinese_king:.2f})"
    assert table[0] == ["king", neighbours]
    assert table[1][0] == "国王"


def test_a_word_that_is_not_there_says_so():
    table = cells(nearest_table(VECTORS, ["nothing"]))

    assert table == [["nothing", "<em>not in the vocabulary</em>"]]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_shows_as_it_is(word):
    table = cells(nearest_table(VECTORS, [word], k=100))

    assert len(table) == 1 and len(table[0]) == 2
    assert table[0][0] == word
    neighbours = re.findall(r"(\S+) \(-?\d\.\d\d\)", table[0][1])
    assert sorted(neighbours) == sorted(set(WORDS) - {word})


def test_no_neighbour_at_all_is_refused():
    with pytest.raises(ValueError, match="one word or more"):
        nearest_table(VECTORS, ["king"], k=0)
