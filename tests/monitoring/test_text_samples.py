"""The table of texts and predictions."""

import numpy as np
import pytest
from tensorboard.plugin_util import markdown_to_safe_html

from roots_tf.monitoring.text_samples import sample_table


def one_hot_like(classes, confidences, num_classes=2):
    rest = (1 - np.array(confidences)) / (num_classes - 1)
    table = np.repeat(rest[:, None], num_classes, axis=1)
    table[np.arange(len(classes)), classes] = confidences
    return table


def texts_in(markdown):
    return [line.split(" | ")[-1][:-2] for line in markdown.splitlines()[2:]]


def test_most_confident_mistakes_come_first_then_some_right_ones():
    predicted = [1, 0, 1, 1, 0, 1]
    probabilities = one_hot_like(predicted, [0.6, 0.9, 0.8, 0.7, 0.95, 0.99])
    labels = np.array([0, 0, 0, 1, 1, 0])  # wrong: rows 0, 2, 4, 5
    texts = [f"text{row}" for row in range(6)]

    table = sample_table(labels, probabilities, texts, ["no", "yes"], 4)

    assert texts_in(table) == ["text5", "text4", "text2", "text1"]
    assert "| **wrong** | no | yes | 0.990 | text5 |" in table
    assert "| right | no | no | 0.900 | text1 |" in table


@pytest.mark.parametrize("num_wrong", [0, 1, 5])
def test_table_is_full_whatever_the_share_of_mistakes(num_wrong):
    labels = np.zeros(5, int)
    labels[:num_wrong] = 1
    probabilities = one_hot_like([0] * 5, [0.9] * 5)

    table = sample_table(labels, probabilities, list("abcde"), ["no", "yes"], 4)

    assert len(texts_in(table)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "a | b || c",
        "<script>alert(1)</script> & &lt;",
        "![picture](http://example.org/x.png) [link](http://example.org)",
        "**bold** _under_ `code` # title ~~x~~ \\| back\\slash",
        "中文，带　全角空格 😀👩‍👩‍👧",
        "http://example.org <http://example.org>",
    ],
)
def test_any_text_shows_as_it_is_once_tensorboard_has_rendered_it(text):
    import html
    import re

    table = sample_table(np.array([0]), np.eye(2)[:1], [text], ["a|b", "c"], 1)

    cells = re.findall(r"<td>(.*?)</td>", markdown_to_safe_html(table), re.DOTALL)
    assert len(cells) == 5
    assert html.unescape(cells[1]) == "a|b"
    assert html.unescape(cells[4]) == text
    assert not re.search("<[a-z]", cells[4])


def test_lines_control_characters_and_invalid_unicode_stay_in_their_row():
    text = "first\r\nsecond\n\nthird\ttab\x00\x1b[31m \ud800 end"

    table = sample_table(np.array([0]), np.eye(2)[:1], [text], ["a", "b"], 1)

    assert len(table.splitlines()) == 3
    assert "first ⏎ second ⏎  ⏎ third\ttab\ufffd\ufffd" in table
    table.encode("utf-8")


def test_long_text_is_cut_and_says_how_long_it_was():
    table = sample_table(np.array([0]), np.eye(2)[:1], ["字" * 1000], ["a", "b"], 1)

    assert f"{'字' * 300} … &#40;1000 characters&#41;" in table
    assert "字" * 301 not in table
