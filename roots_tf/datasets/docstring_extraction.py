"""Read the docstrings of Python source files without importing them.

Article: §5.3.3 step 1 (数据预处理): the embedded text that the classifier reads.

The module needs the standard library alone, because `docstrings.py` runs it as a
child process, once per processor, beside a parent that may already hold TensorFlow
and its threads (where forking is unsafe): a JSON list of [library, module, path] on
standard input, a JSON list of [library, qualified name, text] on standard output.
"""

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SKIPPED_FOLDERS = frozenset(
    {
        # installed packages that live inside the standard library's folder
        "site-packages",
        "dist-packages",
        "__pycache__",
        # tests
        "test",
        "tests",
        "idle_test",
        # copies of other projects
        "_external",
        "_vendor",
        "array_api_compat",
        "array_api_extra",
        "cobyqa",
        "externals",
        "pyprima",
        "tensorflow_stub",
        # names that re-export what is documented elsewhere
        "_api",
        "_tf_keras",
    }
)
# An older copy of Keras; reading it would give two labels to one text.
SKIPPED_MODULES = ("tensorflow.python.keras",)
# Tests, and code written by generators, which repeats its templates.
SKIPPED_FILES = re.compile(r"test_.*|.*_test|conftest|gen_.*|.*_pb2.*|.*_generated")
# A string that opens the file, or one on its own after a line that ends in a colon.
DOCSTRING_HINT = re.compile(
    rb"""\A(?:\s|\#.*\n)*[rRuU]?["'] | :[ \t]*(?:\#.*)?\n\s*[rRuU]?["']""", re.VERBOSE
)
_BRANCHES = (ast.If, ast.Try, ast.ExceptHandler)  # may define things, have no docstring


def source_files(library: str, root: Path) -> Iterator[tuple[str, str, str]]:
    """Walk the sources of one library.

    Args:
        library: Name under which its docstrings are filed.
        root: Folder of the package, or of the standard library.

    Yields:
        (library, dotted module name, path), in sorted order; no tests, vendored
        copies or generated code.
    """
    prefix = () if library == "python" else (root.name,)
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        package = prefix + Path(folder).relative_to(root).parts
        for name in sorted(names):
            stem, extension = os.path.splitext(name)
            if extension != ".py" or SKIPPED_FILES.fullmatch(stem):
                continue
            parts = package if stem == "__init__" else (*package, stem)
            module = ".".join(parts)
            if not module.startswith(SKIPPED_MODULES):
                yield library, module, os.path.join(folder, name)


def file_docstrings(module: str, source: bytes) -> list[tuple[str, str]]:
    """Read the docstrings of one file.

    Args:
        module: Dotted name of the module, the start of each qualified name.
        source: The file as it is on disk.

    Returns:
        (qualified name, docstring without its indentation) of the module, its classes,
        methods and functions; functions inside functions are left out. A file that
        this Python cannot parse has none.

    Example:
        >>> file_docstrings("m", b'def f():\\n    "Say hello."')
        [('m.f', 'Say hello.')]
    """
    if not DOCSTRING_HINT.search(source):
        return []
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # ValueError: null bytes, before Python 3.12
        return []
    return list(_walk(tree, module))


def _walk(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if not isinstance(node, _BRANCHES):
        text = ast.get_docstring(node)
        if text:
            yield name, text
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _BRANCHES):
            yield from _walk(child, name)
        elif isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _walk(child, f"{name}.{child.name}")


def _main() -> None:
    found = [
        (library, name, text)
        for library, module, path in json.load(sys.stdin)
        for name, text in file_docstrings(module, Path(path).read_bytes())
    ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _main()
