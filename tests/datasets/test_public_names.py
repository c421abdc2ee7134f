"""Names under which libraries publish what they define, on a library made up here."""

import numpy as np
import pytest

from roots_tf.datasets.docstrings import Docstring, corpus_roots, docstring_corpus
from roots_tf.datasets.public_names import public_names

FILES = {
    "__init__.py": "from . import core\nfrom .core._impl import sort as order\n"
    "from .core import *\nfrom ._circle import turn\n",
    "core/__init__.py": "from ._impl import sort, Table\nfrom ._extra import *\n"
    "__all__ = ['Table', 'listed']\n__all__ += ['sort']\n",
    "core/_impl.py": "from .. import core\n",
    "core/_extra.py": "__all__ = ['listed']\n",
    "_circle.py": "from ._other import turn\n",
    "_other.py": "from ._circle import missing\n",
    "broken.py": "def (",
    "plain.py": "",
}


@pytest.fixture
def library(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [("lib", tmp_path / "lib")]


def names_of(library, *defined):
    documents = [Docstring(library[0][0], name, "text") for name in defined]
    return public_names(documents, library)


@pytest.mark.parametrize(
    "defined, public",
    [
        ("lib.core._impl.sort", "lib.sort"),  # "order" is longer
        ("lib.core._impl.Table.rows", "lib.Table.rows"),
        ("lib.core._impl.Table._hidden", None),
        ("lib.core._extra.listed", "lib.listed"),
        ("lib.core._extra.unlisted", None),
        ("lib._other.turn", "lib.turn"),
        ("lib._other.alone", None),
        ("lib.plain.function", "lib.plain.function"),
    ],
)
def test_the_shortest_published_name_holds(library, defined, public):
    top = {"lib.core._impl.Table", "lib.core._impl.sort", "lib.core._extra.listed"}

    names = names_of(library, *(top | {defined}))

    assert names.get(defined) == public


def test_names_in_export_decorators_hold_and_nothing_else_is_public(tmp_path):
    folder = tmp_path / "tensorflow" / "ops"
    folder.mkdir(parents=True)
    (folder / "math.py").write_text(
        '@tf_export("math.add", "add", v1=["old.add"])  # a comment\n'
        "@dispatch\ndef add(x, y):\n  pass\n\n"
        '@tf_export(v1=["only_old"])\ndef only_old():\n  pass\n\n'
        "def inside():\n  pass\n",
        encoding="utf-8",
    )
    defined = [f"tensorflow.ops.math.{name}" for name in ("add", "only_old", "inside")]

    names = names_of([("tensorflow", tmp_path / "tensorflow")], *defined)

    assert names == {defined[0]: "tensorflow.add"}


def test_a_library_publishes_its_own_things_alone_and_not_within_functions(tmp_path):
    texts = {
        "lib": "import other\nfrom other._impl import tool\nfrom json import loads\n"
        "def load():\n    from lib._core import inner as secret\n"
        "def __getattr__(name):\n    from lib._core import late\n"
        "try:\n    from lib._core import fast\nexcept ImportError:\n    pass\n",
        "other": "from ._impl import tool\n",
    }
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text, encoding="utf-8")
    roots = [(name, tmp_path / name) for name in texts] + [("python", tmp_path)]
    defined = ["lib._core.inner", "lib._core.late", "lib._core.fast"]
    documents = [Docstring("lib", name, "text") for name in defined]
    documents.append(Docstring("other", "other._impl.tool", "text"))
    documents.append(Docstring("python", "json.loads", "text"))

    names = public_names(documents, roots)

    assert names == {
        "lib._core.late": "lib.late",
        "lib._core.fast": "lib.fast",
        "other._impl.tool": "other.tool",
        "json.loads": "json.loads",
    }


@pytest.mark.slow
def test_public_names_of_numpy_are_where_numpy_has_them():
    documents = [d for d in docstring_corpus() if d.library == "numpy"]
    roots = [(name, root) for name, root in corpus_roots() if name == "numpy"]

    names = public_names(documents, roots)

    assert names["numpy._core.fromnumeric.argsort"] == "numpy.argsort"
    functions = {name for name in names.values() if name.count(".") == 1}
    known = {name for name in functions if hasattr(np, name.partition(".")[2])}
    # Modules that numpy does not import by itself, such as numpy.conftest, are few.
    assert len(known) > 200 and len(functions - known) < 10
