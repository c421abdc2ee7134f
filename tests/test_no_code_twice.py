"""No function of the package stands in it twice, under whatever names."""

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "roots_tf"
FEWEST_STATEMENTS = 5  # shorter ones are alike by chance, or by Keras' conventions


class Renamed(ast.NodeTransformer):
    """Numbers the names of a function in the order in which they come up."""

    def __init__(self):
        self._numbers = {}

    def _number(self, name):
        return f"name_{self._numbers.setdefault(name, len(self._numbers))}"

    def visit_Name(self, node):
        return ast.Name(self._number(node.id), node.ctx)

    def visit_arg(self, node):
        return ast.arg(self._number(node.arg))


def body_of(function: ast.FunctionDef) -> list[ast.stmt]:
    first, *others = function.body
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return others if is_docstring else function.body


def shape_of(function: ast.FunctionDef) -> str:
    """The function's arguments and body, its names numbered."""
    renamed, tree = Renamed(), ast.parse(ast.unparse(function)).body[0]
    return ast.dump(renamed.visit(tree.args)) + "".join(
        ast.dump(renamed.visit(statement)) for statement in body_of(tree)
    )


def copies(sources: dict[str, str]) -> list[list[str]]:
    """Gives those functions that say the same, as file and name."""
    found = defaultdict(list)
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                parts = [ast.walk(statement) for statement in body_of(node)]
                statements = [n for part in parts for n in part]
                count = sum(isinstance(n, ast.stmt) for n in statements)
                if count >= FEWEST_STATEMENTS:
                    found[shape_of(node)].append(f"{path}: {node.name}")
    return [places for places in found.values() if len(places) > 1]


def test_no_function_of_the_package_stands_there_twice():
    sources = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }

    assert copies(sources) == []


def test_a_copy_under_other_names_is_found():
    one = "def f(a, b):\n c = a\n d = b\n e = c + d\n e += a\n return e\n"
    other = one.replace("def f(a, b)", "def g(a, y)").replace("d = b", "d = y")
    different = other.replace("c + d", "c - d")

    assert copies({"a.py": one, "b.py": other}) == [["a.py: f", "b.py: g"]]
    assert copies({"a.py": one, "b.py": different}) == []
