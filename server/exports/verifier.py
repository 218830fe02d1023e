"""Packs the verifier into one file: the modules of `itinerant.audit` one after the other, nothing added.

The installed command and the packed `verify.py` are the same code, so they cannot disagree. Only imports are moved:
those of the standard library to the top, those of each other left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib import resources

MODULES = (
    "report", "ed25519", "notes", "tlog", "archive", "merging", "rows", "plain", "sheet", "records", "chains",
    "leaves", "facts", "rotation", "signers", "witnesses", "verify",
)  # fmt: skip
"""In an order where each uses only those before it."""

_PACKAGE = "itinerant.audit"
_FUTURE = "from __future__ import annotations"


def pack() -> str:
    """The text of `verify.py`."""
    folder = resources.files("itinerant") / "audit"
    imports: dict[str, set[str]] = {}
    bodies: list[str] = []
    guide = ""
    for name in MODULES:
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        tree = ast.parse(text)
        lines = text.splitlines()
        guide = ast.get_docstring(tree) or ""
        bodies.append(f"# {name}: " + guide.replace("\n", "\n# ").replace("# \n", "#\n"))
        for node in tree.body[::-1]:
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
                if not module.startswith((_PACKAGE, "__future__")):
                    imports.setdefault(module, set()).update(alias.name for alias in node.names)
                del lines[node.lineno - 1 : node.end_lineno]
        first = tree.body[0]
        del lines[: first.end_lineno]
        bodies.append("\n".join(lines).strip("\n"))
    header = ["#!/usr/bin/env python3", f'"""{guide}\n"""', "", _FUTURE, "", *_imports(imports)]
    return "\n".join(header) + "\n\n" + "\n\n\n".join(bodies) + "\n"


def _imports(names: Mapping[str, set[str]]) -> Iterator[str]:
    yield from (f"import {name}" for name in sorted(names.get("", ())))
    yield from (f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names) if module)
