"""The notebook builder, on notebooks of a few cells."""

import base64
import importlib.util
import io
import json
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from cells import Cell, parse_percent, to_notebook

SCRIPT = Path(__file__).resolve().parents[1] / "notebooks" / "build.py"
MOST_BYTES_OF_A_PICTURE = 150_000

SOURCE = """# %% [markdown]
# # §4.1.1 Word2Vec 词向量
#
# A line, $\\\\alpha$.

# %% [markdown] zh
# # §4.1.1 Word2Vec 词向量
#
# 一行，$\\\\alpha$。

# %%
import sys

import matplotlib.pyplot as plt

print("to stdout")
print("to stderr", file=sys.stderr)


# %%
assert "roots_tf" not in sys.modules
plt.plot([1, 2])
plt.show()
object()
"""


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_notebooks", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path):
    """An empty folder laid out as notebooks/ is."""
    (tmp_path / "source").mkdir()
    (tmp_path / "solutions").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def built(build, tmp_path_factory):
    """A folder with one source and its notebook."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "source").mkdir()
    (folder / "source" / "01_x.py").write_text(SOURCE, encoding="utf-8")
    assert build.main([], folder) == 0
    assert build.main(["--language", "zh"], folder) == 0
    return folder


def test_percent_format_gives_cells_with_the_lines_where_they_start(build):
    cells = parse_percent("# %% [markdown]\n#\n# # T\n#\n\n# %%\n\nx = 1\n\n\n# %%\n")

    assert cells == [Cell("markdown", "# T", 3), Cell("code", "x = 1", 8)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nimport keras\n# %%\n", "2: text before the first"),
        ("# %%\nx = 1\n# %% title\n", "3: none of # %%, "),
        ("# %% [markdown]\n# fine\nnot a comment\n", "3: a text cell holds comments"),
    ],
)
def test_malformed_percent_format_is_refused_with_its_line(text, message):
    with pytest.raises(ValueError, match=message):
        parse_percent(text)


def test_a_built_notebook_holds_outputs_but_no_stderr_time_or_version(built):
    notebook = json.loads((built / "01_x.ipynb").read_text(encoding="utf-8"))

    assert [cell["id"] for cell in notebook["cells"]] == [
        "cell-01",
        "cell-02",
        "cell-03",
    ]
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    text, printing, plotting = notebook["cells"]
    assert "".join(text["source"]).startswith("# §4.1.1 Word2Vec 词向量\n\nA line")
    assert printing["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["to stdout\n"]}
    ]
    results = [output["data"] for output in plotting["outputs"]]
    image = base64.b64decode(results[0]["image/png"])
    assert b"IDAT" in image
    assert b"Software" not in image
    assert results[1]["text/plain"] == ["<object at 0x0>"]


def test_building_twice_gives_the_same_bytes(build, built):
    first = (built / "01_x.ipynb").read_bytes()

    status = build.main(["01_x"], built)

    assert status == 0
    assert (built / "01_x.ipynb").read_bytes() == first
    names = sorted(path.name for path in built.iterdir())
    assert names == ["01_x.ipynb", "seconds.json", "source", "zh"]


def test_how_long_a_notebook_took_is_kept_of_each_when_it_is_built(build, tmp_path):
    path = tmp_path / "seconds.json"

    for name, seconds in (("02_y", 7), ("01_x", 1), ("02_y", 3)):
        build.keep_seconds(name, seconds, path)

    assert list(json.loads(path.read_text()).items()) == [("01_x", 1), ("02_y", 3)]
    assert [left.name for left in tmp_path.iterdir()] == ["seconds.json"]


def test_checking_writes_nothing_and_passes_when_in_step(build, built):
    files = [built / "01_x.ipynb", built / "seconds.json"]
    before = [path.stat().st_mtime_ns for path in files]

    status = build.main(["--check"], built)

    assert status == 0
    assert [path.stat().st_mtime_ns for path in files] == before


def test_checking_finds_a_changed_source_a_missing_and_an_orphan_notebook(
    build, folder, capsys
):
    for name in ("01_changed", "02_unbuilt"):
        (folder / "source" / f"{name}.py").write_text("# %%\n1 + 1\n")
    stale = to_notebook(parse_percent("# %%\n1 + 2\n"))
    build.write(stale, folder / "01_changed.ipynb")
    build.write(stale, folder / "03_orphan.ipynb")

    status = build.main(["--check"], folder)

    assert status == 1
    complaints = capsys.readouterr().err.splitlines()
    assert [line.split("ipynb: ")[1] for line in sorted(complaints)] == [
        "out of step with its source: build it again",
        "out of step with its source: build it again",
        "has no source",
    ]


def test_a_failing_cell_gives_status_1_its_line_and_no_notebook(build, folder, capsys):
    source = "# %%\nx = 1\n\n# %%\n\ny = 2\nassert x == y, 'they differ'\n"
    (folder / "source" / "01_x.py").write_text(source)

    status = build.main([], folder)

    assert status == 1
    complaint = capsys.readouterr().err
    assert complaint.endswith("01_x.py:7: AssertionError: they differ\n")
    assert not (folder / "01_x.ipynb").exists()


def test_a_cell_that_ends_the_kernel_gives_status_1_and_its_line(build, folder, capsys):
    source = "# %%\nimport os\n\n# %%\nos._exit(1)\n"
    (folder / "source" / "01_x.py").write_text(source)

    status = build.main([], folder)

    assert status == 1
    assert "01_x.py:5: Kernel died" in capsys.readouterr().err


def test_a_cell_that_takes_too_long_gives_status_1_and_its_line(
    build, folder, capsys, monkeypatch
):
    monkeypatch.setattr(build, "CELL_SECONDS", 1)
    source = "# %%\nimport time\n\n# %%\ntime.sleep(30)\n"
    (folder / "source" / "01_x.py").write_text(source)

    status = build.main([], folder)

    assert status == 1
    assert "01_x.py:5: " in capsys.readouterr().err


def test_a_solution_is_executed_by_check_alone_and_never_built(build, folder, capsys):
    (folder / "solutions" / "01_x.py").write_text("# %%\nassert False\n")

    statuses = build.main([], folder), build.main(["--check"], folder)

    assert statuses == (0, 1)
    assert (
        "solutions/01_x.py:2: AssertionError: assert False" in capsys.readouterr().err
    )
    assert not (folder / "01_x.ipynb").exists()


def test_cells_run_in_the_notebooks_folder_in_this_interpreter_and_find_the_package(
    build, folder
):
    source = (
        "# %%\nimport os, sys\nimport roots_tf\n"
        f"assert os.path.samefile('.', {str(folder)!r})\n"
        f"assert sys.executable == {sys.executable!r}\n"
    )
    (folder / "solutions" / "01_x.py").write_text(source)

    assert build.main(["--check"], folder) == 0


def test_an_unknown_name_is_status_2_and_one_line():
    command = [sys.executable, str(SCRIPT), "no_such_notebook"]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stderr.startswith("no notebook's name has 'no_such_notebook' in it: ")
    assert done.stderr.count("\n") == 1


def test_a_failed_write_leaves_the_old_notebook_and_nothing_else(build, folder):
    target = folder / "01_x.ipynb"
    target.write_text("old")
    broken = to_notebook([])
    broken.cells.append({"cell_type": "unheard of", "id": "x", "metadata": {}})

    with pytest.raises(Exception, match="unheard of"):
        build.write(broken, target)

    assert target.read_text() == "old"
    assert [path.name for path in folder.glob("01_x*")] == ["01_x.ipynb"]


def test_notes_in_a_png_are_dropped_and_its_pixels_kept(build):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0)
    )
    pixels = chunk(b"IDAT", zlib.compress(b"\x00\x7f")) + chunk(b"IEND", b"")
    notes = chunk(b"tEXt", b"Software\x00x 1.0") + chunk(
        b"tIME", b"\x07\xea" + bytes(5)
    )

    plain = build._without_notes(header + notes + pixels)

    assert plain == header + pixels
    from PIL import Image

    assert Image.open(io.BytesIO(plain)).getpixel((0, 0)) == 0x7F


def test_every_picture_that_a_notebook_shows_is_there_and_small():
    shown = {
        SCRIPT.parent / name
        for source in SCRIPT.parent.glob("source/*.py")
        for name in re.findall(r"!\[.*?\]\((.*?)\)", source.read_text("utf-8"))
    }

    assert shown == set((SCRIPT.parent / "pictures").glob("*"))
    for path in shown:
        assert path.stat().st_size < MOST_BYTES_OF_A_PICTURE
