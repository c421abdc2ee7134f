"""Which test and which cells of notebooks belong to an erratum, found in the files."""

import pytest
from cells import cells_of

from roots_tf.errata.erratum import modules
from roots_tf.errata.where_shown import NotebookCell, notebook_cells, path_of_test

HEADED = """# %% [markdown]
# # A title
#
# E07 is told of here, which shows nothing.

# %% [markdown] zh
# # 标题（E07）

# %%
from roots_tf.errata import e07_adam_bias as e07

# %% [markdown]
# ## Adam (E07)

# %% [markdown] zh
# ## Adam（E07）

# %%

"""
CALLED_UNDER_IT = "# %%\nx = 1\n\n# %%\ny = e07.mixed_path('printed')\n"
CALLED_ELSEWHERE = """# %%
e07.overshoot(path)

# %% [markdown]
# ## Something else

# %%
e07.overshoot(path)
"""


@pytest.fixture
def project_of(tmp_path):
    """A function that makes a project of one notebook's source."""
    (tmp_path / "notebooks" / "source").mkdir(parents=True)

    def make(source):
        path = tmp_path / "notebooks" / "source" / "01_x.py"
        path.write_text(source, encoding="utf-8")
        return tmp_path

    return make


def test_a_cell_that_calls_it_under_its_heading_comes_first(project_of):
    project = project_of(CALLED_ELSEWHERE + HEADED + CALLED_UNDER_IT)

    found = notebook_cells("E07", project)

    # 1 to 3 and the title, the import, the heading, x = 1.
    assert found == [NotebookCell("01_x", 8, "Adam (E07)")]


def test_without_such_a_cell_the_heading_does(project_of):
    project = project_of(CALLED_ELSEWHERE + HEADED)

    assert notebook_cells("E07", project) == [NotebookCell("01_x", 6, "Adam (E07)")]


def test_without_a_heading_the_first_call_does(project_of):
    project = project_of(CALLED_ELSEWHERE)

    assert notebook_cells("E07", project) == [NotebookCell("01_x", 1, "01_x")]


def test_a_mention_in_a_text_and_an_import_show_nothing(project_of):
    project = project_of(HEADED.partition("# %% [markdown]\n# ## Adam")[0])

    assert notebook_cells("E07", project) == []


@pytest.mark.parametrize("id", modules())
def test_the_cells_are_those_of_the_built_notebooks(id, project):
    for cell in notebook_cells(id):
        cells = cells_of(project / "notebooks" / "source" / f"{cell.notebook}.py")

        before = "\n".join(one.text for one in cells[: cell.number])
        text = cells[cell.number - 1].text
        assert f"# {cell.heading}\n" in before + "\n"
        assert f"{id.lower()}." in text or f"# {cell.heading}" in text


@pytest.mark.parametrize("id", modules())
def test_every_erratum_has_its_test(id, project):
    assert (project / path_of_test(id)).exists()


def test_an_erratum_without_a_test_is_told(tmp_path):
    message = "E07: expected its test in tests/errata/test_e07_adam_bias.py, found none"

    with pytest.raises(ValueError, match=message):
        path_of_test("E07", tmp_path)
