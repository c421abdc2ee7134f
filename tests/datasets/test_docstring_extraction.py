"""Which files are read, and what is found in them."""

import ast
import inspect
import textwrap

import pytest

from roots_tf.datasets.docstring_extraction import file_docstrings, source_files


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Text."""\n', encoding="utf-8")


def test_modules_are_named_and_sorted(tmp_path):
    write(tmp_path / "pack", "__init__.py", "b.py", "a/__init__.py", "a/c.py", "d.txt")

    found = list(source_files("library", tmp_path / "pack"))

    assert [module for _, module, _ in found] == [
        "pack",
        "pack.b",
        "pack.a",
        "pack.a.c",
    ]
    assert {library for library, _, _ in found} == {"library"}


def test_modules_of_the_standard_library_have_no_package_in_front(tmp_path):
    write(tmp_path, "json/decoder.py", "site-packages/other/x.py")

    found = list(source_files("python", tmp_path))

    assert [module for _, module, _ in found] == ["json.decoder"]


@pytest.mark.parametrize(
    "name",
    [
        "tests/x.py",
        "test_x.py",
        "x_test.py",
        "conftest.py",
        "_vendor/x.py",
        "externals/x.py",
        "ops/gen_x.py",
        "x_pb2.py",
        "_api/x.py",
    ],
)
def test_tests_copies_and_generated_code_are_not_read(tmp_path, name):
    write(tmp_path / "pack", name)

    assert list(source_files("library", tmp_path / "pack")) == []


def test_every_kind_of_definition_is_found_but_not_functions_inside_functions():
    source = textwrap.dedent(
        '''
        """Module."""
        class A:
            "Class."
            def method(self):
                r"""Method.

                Indented.
                """
                def inner():
                    """Inner."""
            async def co(self):  # a comment
                """Coroutine."""
        if True:
            def f():
                """In an if."""
        try:
            import x
        except ImportError:
            def g():
                """In a handler."""
        else:
            def h():
                """In an else."""
        '''
    )

    found = dict(file_docstrings("m", source.encode()))

    assert found == {
        "m": "Module.",
        "m.A": "Class.",
        "m.A.method": "Method.\n\nIndented.",
        "m.A.co": "Coroutine.",
        "m.f": "In an if.",
        "m.g": "In a handler.",
        "m.h": "In an else.",
    }


def test_docstrings_of_a_real_module_equal_those_of_inspect():
    module = textwrap
    source = inspect.getsource(module).encode()

    found = dict(file_docstrings("textwrap", source))

    assert found["textwrap"] == inspect.getdoc(module)
    assert found["textwrap.dedent"] == inspect.getdoc(module.dedent)
    assert found["textwrap.TextWrapper"] == inspect.getdoc(module.TextWrapper)
    assert found["textwrap.TextWrapper.wrap"] == inspect.getdoc(module.TextWrapper.wrap)


@pytest.mark.parametrize(
    "source",
    ["# -*- coding: latin-1 -*-\n'''caf\xe9'''\n", "def f():\n    u'''caf\xe9'''\n"],
)
def test_the_files_own_encoding_is_used(source):
    encoding = "latin-1" if "latin-1" in source else "utf-8"

    [(_, text)] = file_docstrings("m", source.encode(encoding))

    assert text == "caf\xe9"


@pytest.mark.parametrize(
    "source", [b"print 'Python 2'\nclass A:\n    'x'", b"'''\0'''", b"", b"x = 1\n"]
)
def test_files_that_cannot_be_parsed_or_hold_no_docstring_give_none(source):
    assert file_docstrings("m", source) == []


def test_the_quick_look_misses_no_docstring_of_the_standard_library():
    for module in (ast, inspect, textwrap):
        source = inspect.getsource(module).encode()
        tree = ast.parse(source)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]

        found = dict(file_docstrings("m", source))

        for node in functions:
            if ast.get_docstring(node):
                assert found[f"m.{node.name}"] is not None
