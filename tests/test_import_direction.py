"""Imports go one way: the tables below say which, CONTRIBUTING.md repeats the first."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "roots_tf"

LEAVES = (
    *("text", "datasets", "optimization", "evaluation", "transformer", "decoding"),
    *("monitoring", "errata", "results", "references", "formulas", "doctor"),
)
TASKS = ("text", "evaluation", "transformer", "decoding", "models", "recurrent")
TRAIN = (
    *("text", "datasets", "optimization", "evaluation", "transformer", "decoding"),
    *("monitoring", "models", "recurrent", "word_vectors", "tuning", "applications"),
    "trends",
)
# A part of the package (a folder or a file) -> the other parts it may import.
MAY_IMPORT = {
    **dict.fromkeys(LEAVES, ()),
    "glossary": ("references",),
    "section_words": ("glossary", "references"),
    "sections": ("section_words", "formulas", "references"),
    "word_vectors": ("text", "optimization"),
    "recurrent": (),
    "recurrent/seq2seq.py": ("transformer",),
    "models": ("transformer",),
    "tuning": ("text", "evaluation", "optimization", "models", "recurrent"),
    "applications": TASKS,
    "trends": TASKS,
    "judges": (
        *(*TASKS, "optimization", "errata", "word_vectors", "tuning"),
        *("applications", "trends", "sections"),
    ),
    "exercises": ("judges",),
    "train": (*TRAIN, "errata"),
    "predict": (*TRAIN, "train"),
    "generate": (*TRAIN, "train", "predict"),
    "ask": (*TRAIN, "train"),
    "chat": (*TRAIN, "train"),
    "runs": ("evaluation", "monitoring", "train"),
}
# A library -> the only files or folders of the package that import it.
ONLY_IN = {
    "keras_tuner": ("tuning/keras_tuner_search.py", "train/tune.py"),
    "matplotlib": ("monitoring/",),
    "torch": (),
    "gensim": (),
    "transformers": (),
    "keras_hub": (),
}
# Imported inside the functions that use them: slow to load, or not on every platform.
INSIDE_FUNCTIONS = {
    *("sklearn", "matplotlib", "jieba", "tensorflow_text", "psutil", "pynvml"),
}
# Plain mathematics: NumPy and the standard library alone.
NUMPY_ALONE = (
    "evaluation/bootstrap.py",
    "evaluation/calibration.py",
    "evaluation/ranking_curves.py",
    "evaluation/significance.py",
    "optimization/mlp_by_hand.py",
    "optimization/gradient_check.py",
    "tuning/search_space.py",
    "tuning/grid_search.py",
    "tuning/random_search.py",
    "tuning/bayesian_search.py",
    "tuning/gaussian_process.py",
    "word_vectors/context_windows.py",
    "word_vectors/huffman_tree.py",
    "word_vectors/noise_sampling.py",
)
# Where a library is not imported by the name it is installed by, or comes with another.
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "pynvml": "nvidia-ml-py",
    "google": "tensorflow",  # google.protobuf
    "jupyter_client": "nbclient",
    "traitlets": "nbclient",
    "yaml": "pyyaml",
}

FILES = sorted(PACKAGE.rglob("*.py"))
every_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)


def imports(tree: ast.AST) -> list[str]:
    """Dotted names of all imports, also those hidden in functions.

    `from a.b import c` gives `a.b.c`, which is right for a module c and harmless for
    anything else.
    """
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def parts_imported(path: Path) -> set[str]:
    """Parts of the package that a file imports, its own left out."""
    own = part_of(path)
    names = [name.split(".") for name in imports(parse(path))]
    parts = {name[1] for name in names if name[0] == "roots_tf" and len(name) > 1}
    return parts - {own, "__version__"}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def top_level_imports(tree: ast.Module) -> set[str]:
    """Libraries imported when the module is, and not only when a function is called."""
    bodies, found = [tree], set()
    while bodies:
        for node in ast.iter_child_nodes(bodies.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {name.split(".")[0] for name in imports(node)}
            bodies.append(node)
    return found


def table() -> str:
    """MAY_IMPORT as CONTRIBUTING.md shows it."""
    rows = ["| part of `roots_tf` | may import |", "| --- | --- |"]
    rows += [
        f"| {part} | {', '.join(allowed) or '-'} |"
        for part, allowed in MAY_IMPORT.items()
    ]
    return "\n".join(rows)


@every_file
def test_a_file_imports_only_what_the_table_allows(path):
    if path == PACKAGE / "__init__.py":
        assert imports(parse(path)) == []
        return
    relative = path.relative_to(PACKAGE).as_posix()
    allowed = MAY_IMPORT.get(relative, MAY_IMPORT.get(part_of(path)))

    imported = parts_imported(path)

    assert allowed is not None, f"{part_of(path)} has no row in the table"
    assert imported <= set(allowed)


@every_file
def test_imports_are_absolute(path):
    assert [name for name in imports(parse(path)) if name.startswith(".")] == []


@every_file
def test_the_package_imports_no_tests_notebooks_or_benchmarks(path):
    libraries = {name.split(".")[0] for name in imports(parse(path))}

    assert not libraries & {"tests", "notebooks", "benchmarks"}


@every_file
def test_a_library_kept_to_some_files_is_imported_nowhere_else(path):
    relative = path.relative_to(PACKAGE).as_posix()

    for name in imports(parse(path)):
        places = ONLY_IN.get(name.split(".")[0], ("",))
        assert relative.startswith(places), f"{name} belongs in {places}"


@every_file
def test_slow_or_missing_libraries_are_imported_inside_functions(path):
    assert not top_level_imports(parse(path)) & INSIDE_FUNCTIONS


@pytest.mark.parametrize("relative", NUMPY_ALONE)
def test_plain_mathematics_needs_numpy_alone(relative):
    path = PACKAGE / relative
    if not path.exists():
        pytest.skip("not built yet")

    libraries = {name.split(".")[0] for name in imports(parse(path))}

    assert libraries - sys.stdlib_module_names <= {"numpy", "roots_tf"}


def test_every_library_imported_is_in_requirements():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    required = set(re.findall(r"^[\w-]+", text, re.MULTILINE))

    libraries = {
        name.split(".")[0]
        for path in [*FILES, *(ROOT / "notebooks").rglob("*.py")]
        for name in imports(parse(path))
    }

    own = {"roots_tf", *(path.stem for path in (ROOT / "notebooks").glob("*.py"))}
    libraries -= sys.stdlib_module_names | own
    names = {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in libraries}
    assert names <= required


@pytest.mark.parametrize(
    "path",
    sorted(PACKAGE.rglob("__init__.py")),
    ids=lambda path: path.parent.name,
)
def test_an_init_file_holds_a_docstring_alone(path):
    body = parse(path).body
    if path.parent == PACKAGE:
        version = body.pop()
        assert isinstance(version, ast.Assign)

    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value.value, str)


def test_importing_the_package_and_its_parts_loads_nothing_heavy():
    packages = [
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in PACKAGE.rglob("__init__.py")
    ]
    code = (
        f"import sys, importlib; before = set(sys.modules)\n"
        f"for name in {packages}: importlib.import_module(name)\n"
        f"new = {{name.split('.')[0] for name in set(sys.modules) - before}}\n"
        f"print(*sorted(new - set(sys.stdlib_module_names)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["roots_tf"]


def test_contributing_shows_the_table():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    between = text.split("<!-- imports:begin -->")[1].split("<!-- imports:end -->")[0]

    assert between.strip() == table()


def test_an_import_hidden_in_a_function_counts():
    tree = ast.parse("def f():\n    from roots_tf.models import bert\n")

    assert imports(tree) == ["roots_tf.models.bert"]
    assert top_level_imports(tree) == set()


def test_an_import_under_a_condition_is_a_top_level_import():
    tree = ast.parse("try:\n    import jieba.posseg\nexcept ImportError:\n    pass\n")

    assert top_level_imports(tree) == {"jieba"}
