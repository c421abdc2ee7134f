"""The names by which documented things are used: ``numpy.argsort``.

Article: §6 (3. 问答系统): an answer names its source.

`numpy.argsort` is defined as ``numpy._core.fromnumeric.argsort``. Where a library
publishes what it defines is read from its sources, as nothing is imported:

* ``from .fromnumeric import argsort`` and ``from .fromnumeric import *`` in the
  ``__init__.py`` of a package publish it under that package;
* ``@tf_export("argsort")`` and ``@keras_export("keras.ops.argsort")`` say it outright.

Of several names the shortest holds. What is not published so is public under its own
name if no part of that begins with an underscore; of TensorFlow and Keras, whose
sources are meant to be used through published names alone, it is private.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from roots_tf.datasets.docstrings import Docstring

# Libraries that publish by a decorator, and what stands before the name in it.
_DECORATED = {"tensorflow": "tensorflow.", "keras": ""}
_EXPORT = re.compile(
    r"^@_?(?:tf|keras)_export\(([^)]*)\)[^\n]*\n(?:^@[^\n]*\n)*^(?:def|class) (\w+)",
    re.MULTILINE,
)
_NAME = re.compile(r"""(?<![=\w]["'])["']([\w.]+)["']""")
_OPTION = re.compile(r"\w+\s*=\s*(?:\[[^\]]*\]|[^,\]]*)")
# Packages whose underscore hides nothing: pytest's fixtures are documented in _pytest.
_OPEN = {"_pytest"}
# The platform's own module stands behind another name in the standard library.
_RENAMED = {"posixpath": "os.path", "ntpath": "os.path"}


def public_names(
    documents: Iterable[Docstring], roots: Iterable[tuple[str, Path]]
) -> dict[str, str]:
    """Gives the public name of every document that has one, by its qualified name.

    Args:
        documents: of the corpus.
        roots: library and folder of each package.
    """
    documents, roots = tuple(documents), tuple(roots)
    defined = {document.qualified_name for document in documents}
    library = {root.name: library for library, root in roots if library != "python"}
    published = _published(defined, dict(_modules(roots)), library)
    names = {}
    for document in documents:
        name = _public(document, published)
        if name is not None:
            names[document.qualified_name] = name
    return names


def _public(document: Docstring, published: dict[str, str]) -> str | None:
    parts = document.qualified_name.split(".")
    for length in range(len(parts), 0, -1):
        name = published.get(".".join(parts[:length]))
        if name is not None:
            return _if_open([*name.split("."), *parts[length:]])
    if document.library in _DECORATED:
        return None
    parts[0] = _RENAMED.get(parts[0], parts[0])
    return _if_open(parts)


def _if_open(parts: list[str]) -> str | None:
    hidden = any(part.startswith("_") for part in parts if part not in _OPEN)
    return None if hidden else ".".join(parts)


def _modules(roots) -> Iterator[tuple[str, Path]]:
    """Gives name and file of each module of the packages, not of the stdlib."""
    for library, root in roots:
        if library != "python":
            for path in sorted(root.rglob("*.py")):
                parts = [root.name, *path.relative_to(root).with_suffix("").parts]
                yield ".".join(parts).removesuffix(".__init__"), path


def _published(
    defined: set[str], modules: dict[str, Path], library: dict[str, str]
) -> dict[str, str]:
    """Gives the shortest name under which its own library publishes each thing."""
    names: dict[str, list[str]] = {}
    for module, exports in _exports(defined, modules).items():
        if modules[module].name == "__init__.py":
            own = library[module.partition(".")[0]]
            for name, target in exports.items():
                if library.get(target.partition(".")[0]) == own:
                    names.setdefault(target, []).append(f"{module}.{name}")
    for module, path in modules.items():
        package = module.partition(".")[0]
        if package in _DECORATED and not path.name.startswith("gen_"):
            for match in _EXPORT.finditer(_source(path)):
                shown = _NAME.findall(_OPTION.sub("", match[1]))
                names.setdefault(f"{module}.{match[2]}", []).extend(
                    _DECORATED[package] + name for name in shown
                )
    opened = {
        target: [name for name in found if _if_open(name.split("."))]
        for target, found in names.items()
    }
    return {
        target: min(found, key=lambda name: (name.count("."), len(name), name))
        for target, found in opened.items()
        if found
    }


def _exports(defined: set[str], modules: dict[str, Path]) -> dict[str, dict[str, str]]:
    """Gives, for each module that matters, names it imports -> where they are defined.

    Modules import each other in circles, so this goes round until nothing is new.
    """
    inside: dict[str, list[str]] = {}
    for name in defined:
        module, _, last = name.rpartition(".")
        inside.setdefault(module, []).append(last)
    read: dict[str, _Module] = {}
    waiting = [
        (module, "*")
        for module, path in modules.items()
        if path.name == "__init__.py"
        and _if_open(module.split("."))
        and module.partition(".")[0] not in _DECORATED
    ]
    seen = set(waiting)
    while waiting:  # read the modules that a published name leads through
        module, wanted = waiting.pop()
        if module not in modules:
            continue
        if module not in read:
            read[module] = _read(module, modules[module])
        for source, name, shown in read[module].imports:
            if wanted not in ("*", shown) and name != "*":
                continue
            step = (source, wanted if name == "*" else name)
            if step not in seen and ".".join(step) not in defined:
                seen.add(step)
                waiting.append(step)
    found: dict[str, dict[str, str]] = {module: {} for module in read}
    before = -1
    while (size := sum(map(len, found.values()))) != before:
        before = size
        for module, content in read.items():
            for source, name, shown in content.imports:
                if source not in read and f"{source}.{name}" not in defined:
                    continue
                if name == "*":
                    own = {last: f"{source}.{last}" for last in inside.get(source, ())}
                    public = {**found[source], **own}
                    allowed = read[source].all or public
                    found[module] |= {n: public[n] for n in allowed if n in public}
                elif (target := f"{source}.{name}") in defined:
                    found[module][shown] = target
                elif name in found.get(source, ()):
                    found[module][shown] = found[source][name]
    return found


class _Module(NamedTuple):
    imports: list[tuple[str, str, str]]  # from SOURCE import NAME as SHOWN
    all: set[str]  # of __all__; empty if that is computed: no limit


def _read(module: str, path: Path) -> _Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries' invalid escapes
            text = _source(path)
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _Module([], set())
    package = module.split(".")
    if path.name != "__init__.py":
        package.pop()
    imports, listed, literal = [], set(), "__all__." not in text
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*near, *([node.module] if node.module else [])])
            imports += [
                (source, alias.name, alias.asname or alias.name) for alias in node.names
            ]
        elif isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
                literal = literal and isinstance(node.value, ast.List | ast.Tuple)
                listed |= {
                    part.value
                    for part in ast.walk(node.value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return _Module(imports, listed if literal else set())


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Gives what a module does when it is imported or asked for a name it has not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            yield node
            inside = isinstance(node, ast.FunctionDef | ast.ClassDef)
            if not inside or node.name == "__getattr__":
                yield from _statements(node)


def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
