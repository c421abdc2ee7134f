"""The notebooks in Chinese say what those in English say, and are built."""

import re
from collections import Counter
from pathlib import Path

import pytest
from cells import BuildError, cells_of, in_chinese, in_step, parse_percent

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)

TWO_LANGUAGES = """# %% [markdown]
# # A heading
#
# A line, ![a picture](pictures/a.png), [a notebook](02_y.ipynb), [a page](https://x.y).
# %% [markdown] zh
# # 一个标题
#
# 一行，
# ![图](pictures/a.png)、[笔记本](02_y.ipynb)、[网页](https://x.y)。
# 又一
# 行。
# %%
1 + 1
"""


def what_stays(text: str) -> Counter:
    """Gives what a translation must not change: code, formulas, links, numbers."""
    found = Counter()
    for kind, pattern in (
        ("code", r"```.*?```|`[^`]+`"),
        ("formula", r"\$\$.*?\$\$|\$[^$]+\$"),
        ("link", r"\]\([^)]+\)"),
        ("level", r"^#+(?= )"),
        ("number", r"(?<![\w.])\d+(?:[.,]\d+)*"),
    ):
        pieces = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
        found.update((kind, re.sub(r"\s+", "", piece)) for piece in pieces)
        if kind != "level":
            text = re.sub(pattern, " ", text, flags=re.MULTILINE | re.DOTALL)
    return found


@each_source
def test_every_text_has_its_chinese_with_the_same_code_formulas_and_figures(source):
    for cell in cells_of(source):
        if cell.kind == "markdown":
            assert re.search(r"[\u4e00-\u9fff]{2}", cell.chinese), cell.line
            assert what_stays(cell.chinese) == what_stays(cell.text), cell.line


@each_source
def test_what_is_built_is_in_step_with_its_source(source):
    import nbformat

    cells = cells_of(source)

    assert in_step(cells, NOTEBOOKS / f"{source.stem}.ipynb")
    built = nbformat.read(NOTEBOOKS / "zh" / f"{source.stem}.ipynb", as_version=4)
    assert built == in_chinese(source, cells, NOTEBOOKS)


def test_lines_are_joined_and_links_lead_out_of_the_folder(tmp_path):
    import nbformat
    from cells import to_notebook

    cells = parse_percent(TWO_LANGUAGES)
    nbformat.write(to_notebook(cells), tmp_path / "01_x.ipynb")

    notebook = in_chinese(Path("01_x.py"), cells, tmp_path)

    text, code = notebook.cells
    assert code.source == "1 + 1"
    assert text.source.splitlines()[2:] == [
        "一行，",
        "![图](../pictures/a.png)、[笔记本](02_y.ipynb)、[网页](https://x.y)。又一行。",
    ]


def test_a_text_without_chinese_is_refused_with_its_line(tmp_path):
    import nbformat
    from cells import to_notebook

    cells = parse_percent("# %% [markdown]\n# A line.\n")
    nbformat.write(to_notebook(cells), tmp_path / "01_x.ipynb")

    with pytest.raises(BuildError, match="01_x.py:2: this text has no Chinese"):
        in_chinese(Path("01_x.py"), cells, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "# %% [markdown] zh\n# 一行\n",
        "# %%\nx = 1\n# %% [markdown] zh\n# 一行\n",
        "# %% [markdown]\n# A\n# %% [markdown] zh\n# 一\n# %% [markdown] zh\n# 二\n",
    ],
)
def test_chinese_of_no_english_text_is_refused(text):
    with pytest.raises(ValueError, match="Chinese of no English text cell"):
        parse_percent(text)
