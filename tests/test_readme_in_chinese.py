"""README.zh-CN.md says what README.md says: the same commands, pictures and figures."""

import re
from collections import Counter

import pytest


@pytest.fixture(scope="module")
def english(project):
    text = (project / "README.md").read_text(encoding="utf-8")
    # The table of the sections stands in the English one alone; it has both titles.
    before, _, rest = text.partition("<!-- sections:begin -->")
    return before + rest.partition("<!-- sections:end -->")[2]


@pytest.fixture(scope="module")
def chinese(project):
    return (project / "README.zh-CN.md").read_text(encoding="utf-8")


def without_code(text):
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.sub(r"`[^`\n]+`|\]\([^)]*\)", "", text)


def figures(text):
    """Numbers with a digit behind a point or a comma, and those of three digits."""
    found = re.findall(r"\d[\d,]*\.?\d*", without_code(text))
    return Counter(f.rstrip(".,") for f in found if len(f.rstrip(".,")) > 2)


def test_both_name_each_other(project, english, chinese):
    assert "(README.zh-CN.md)" in english and "(README.md)" in chinese


def test_the_headings_have_the_same_levels_in_the_same_order(english, chinese):
    levels = [re.findall(r"^(#+) ", text, re.M) for text in (english, chinese)]

    assert levels[0] == levels[1]


def test_the_blocks_of_commands_are_the_same(english, chinese):
    blocks = [re.findall(r"```.*?```", text, re.S) for text in (english, chinese)]

    assert blocks[0] == blocks[1]


def test_commands_flags_and_names_are_the_same_row_by_row(english, chinese):
    # Beside them the Chinese one points at the command for its last section.
    own = Counter(["python -m roots_tf.sections"])
    codes = [
        Counter(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S)))
        for text in (english, chinese)
    ]

    assert codes[0] + own == codes[1]
    rows = [re.findall(r"^\| `([^`]+)`", text, re.M) for text in (english, chinese)]
    assert rows[0] == rows[1]


def test_the_pictures_and_files_are_the_same(english, chinese):
    targets = []
    for text in (english, chinese):
        links = re.findall(r"\]\(([^)#]+)\)", text)
        targets.append({link for link in links if not link.startswith("README")})

    assert targets[0] == targets[1]


def test_the_figures_are_the_same(english, chinese):
    assert figures(english) == figures(chinese)
