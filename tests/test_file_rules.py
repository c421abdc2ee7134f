"""Rules for files, so that nobody has to remember them; see CONTRIBUTING.md."""

import ast
import json
import re
from pathlib import Path

import pytest
from cells import parse_percent

from roots_tf.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[1]
CODE_FOLDERS = ("roots_tf", "tests", "notebooks", "benchmarks")
MOST_LINES = 300
MOST_LINES_IN_A_NOTEBOOK_FUNCTION = 12
MOST_BYTES_OF_A_NOTEBOOK = 2_000_000
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "base"}
# Entry points and packages: their modules name the sections.
NO_ARTICLE_NEEDED = {"__init__.py", "__main__.py"}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve"}
UNSAFE_ARGUMENTS = {("safe_mode", False), ("allow_pickle", True)}
CLOCKS = {"time", "datetime", "timeit"}
TEXT_SUFFIXES = {".py", ".md", ".toml", ".yml", ".ini", ".txt", ".json", ".ipynb"}
HOME_FOLDER = re.compile(r"(?<![\w.])(/home|/Users|/root|[A-Z]:\\+Users)[/\\]+\w")

CODE = sorted(path for name in CODE_FOLDERS for path in (ROOT / name).rglob("*.py"))
PACKAGE = [path for path in CODE if path.is_relative_to(ROOT / "roots_tf")]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.py"))
TEXTS = sorted(
    path
    for path in ROOT.rglob("*")
    if path.suffix in TEXT_SUFFIXES
    and path.is_file()
    and not any(
        part.startswith(".") and part not in (".ci", ".github") or part == "build"
        for part in path.relative_to(ROOT).parts[:-1]
    )
)


def each(paths: list[Path]):
    return pytest.mark.parametrize(
        "path", paths, ids=lambda path: path.relative_to(ROOT).as_posix()
    )


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def cells(path: Path):
    return parse_percent(path.read_text(encoding="utf-8"))


def unsafe_loading(tree: ast.AST) -> list[str]:
    """What could run code that a file carries."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
        elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            if (node.arg, node.value.value) in UNSAFE_ARGUMENTS:
                found.append(node.arg)
        elif isinstance(node, ast.Attribute):
            found += [node.attr] * (node.attr == "enable_unsafe_deserialization")
    unsafe = {name for name, _ in UNSAFE_ARGUMENTS} | UNSAFE_MODULES
    unsafe.add("enable_unsafe_deserialization")
    return [name for name in found if name.split(".")[0] in unsafe]


@each(CODE)
def test_no_name_is_vague(path):
    words = set(re.split(r"[/_.]", path.relative_to(ROOT).as_posix()))

    assert not words & VAGUE_NAMES


@each(CODE)
def test_no_file_is_too_long(path):
    text = path.read_text(encoding="utf-8")
    if path in SOURCES:  # each text stands there twice
        text = re.sub(r"# %% \[markdown\] zh\n(#.*\n|\n)*", "", text)

    assert text.count("\n") <= MOST_LINES


@each([path for path in PACKAGE if path.name not in NO_ARTICLE_NEEDED])
def test_a_modules_docstring_names_the_articles_section(path):
    docstring = ast.get_docstring(parse(path)) or ""

    assert re.search(r"^Article: .*§\s?\d", docstring, re.MULTILINE)


@each(PACKAGE)
def test_the_package_has_no_assert(path):
    asserts = [n.lineno for n in ast.walk(parse(path)) if isinstance(n, ast.Assert)]

    assert asserts == [], "python -O drops them: raise ValueError"


@each(CODE)
def test_nothing_loads_code_from_data(path):
    if path == Path(__file__):
        return

    assert unsafe_loading(parse(path)) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import load",
        "def f():\n    import joblib.memory",
        "np.load(path, allow_pickle=True)",
        "keras.saving.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
    ],
)
def test_every_way_to_load_code_from_data_is_seen(code):
    assert unsafe_loading(ast.parse(code)) != []


@each([path for path in TEXTS if not path.is_relative_to(ROOT / "tests")])
def test_no_file_holds_the_path_of_somebodys_home(path):
    assert HOME_FOLDER.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("start", ["/home/", "/Users/", "/root/", "C:\\Users"])
def test_every_kind_of_home_folder_is_seen(start):
    assert HOME_FOLDER.search(
        f"saved to {start}" + "\\" * (start[0] == "C") + "ann/runs"
    )


@each(SOURCES + SOLUTIONS)
def test_a_notebook_defines_little(path):
    for node in ast.walk(parse(path)):
        assert not isinstance(node, ast.ClassDef), f"line {node.lineno}: a class"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= MOST_LINES_IN_A_NOTEBOOK_FUNCTION, node.name


@each(SOURCES + SOLUTIONS)
def test_a_notebook_installs_nothing_and_reads_no_clock(path):
    code = "\n".join(cell.text for cell in cells(path) if cell.kind == "code")

    imported = re.findall(r"^\s*(?:import|from) (\w+)", code, re.MULTILINE)

    assert not re.search(r"pip\W+install|apt-get", code)
    assert not CLOCKS & set(imported)


@each(SOURCES)
def test_a_notebook_imports_its_code_and_checks_what_it_claims(path):
    nodes = list(ast.walk(parse(path)))

    assert any(isinstance(node, ast.Assert) for node in nodes)
    assert re.search(r"^from roots_tf", path.read_text(encoding="utf-8"), re.MULTILINE)


@each([path for path in SOURCES if path.stem != "00_start_here"])
def test_a_notebook_opens_with_its_section_and_the_chinese_title(path):
    number = re.match(r"\d+(?:_\d+)*", path.stem)[0]
    number = ".".join(str(int(part)) for part in number.split("_"))

    first = cells(path)[0]

    assert first.kind == "markdown"
    heading = first.text.splitlines()[0]
    assert heading.startswith("# ")
    assert f"§{number}" in heading
    assert SECTIONS[number].title_zh in heading


@each(SOURCES)
def test_a_notebook_ends_with_an_exercise_that_has_a_solution(path):
    texts = [cell.text for cell in cells(path) if cell.kind == "markdown"]

    assert any(re.search(r"^#+ .*Exercise", text, re.MULTILINE) for text in texts)
    assert (ROOT / "notebooks" / "solutions" / path.name).exists()


@each(SOURCES)
def test_a_built_notebook_has_a_picture_and_is_small(path):
    built = ROOT / "notebooks" / f"{path.stem}.ipynb"

    notebook = json.loads(built.read_text(encoding="utf-8"))

    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output["output_type"] == "error" for output in outputs)
    assert built.stat().st_size < MOST_BYTES_OF_A_NOTEBOOK
