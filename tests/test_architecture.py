"""The one-way flow: a module imports only from lines above its own, and folders on one line not each other."""

from __future__ import annotations

import ast
from pathlib import Path

import rnnkit

ROOT = Path(rnnkit.__file__).parent

ORDER = [
    ["errors", "arrays"],
    ["sequence", "configuration"],
    ["state"],
    ["contract", "dropout", "pooling"],
    ["kernels"],
    ["cells", "nn"],
    ["cores"],
    ["encoders", "heads", "attention"],
    ["decoders"],
    ["models"],
    ["detection"],
    ["search"],
    ["checkpoint"],
    ["data"],
    ["metrics"],
    ["training"],
    ["streaming"],
    ["inspection"],
    ["targets", "runs"],
    ["tasks"],
    ["cli"],
]
LINE = {name: line for line, names in enumerate(ORDER) for name in names}


def place(module: Path) -> str:
    """The part of the package that a file belongs to."""
    first = module.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imported(module: Path) -> set[str]:
    """The parts that a file imports from, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            if node.module == "rnnkit":
                found |= {alias.name for alias in node.names}
            elif (node.module or "").startswith("rnnkit."):
                found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.split(".")[1] if "." in alias.name else ""
                for alias in node.names
                if alias.name.startswith("rnnkit")
            }
    return found


def complaints(modules: dict[Path, set[str]]) -> list[str]:
    """Every import that does not go upwards in `ORDER`."""
    return [
        f"{module} ({place(module)}) imports {other}"
        for module, others in modules.items()
        for other in others
        if other in LINE and other != place(module) and LINE[other] >= LINE[place(module)]
    ]


def test_imports_go_one_way() -> None:
    modules = {path: imported(path) for path in ROOT.rglob("*.py") if place(path) not in ("__init__", "__main__")}
    assert {place(path) for path in modules} == set(LINE), "a part of the package stands in no line"
    assert complaints(modules) == []


def test_the_test_sees_a_wrong_import() -> None:
    assert complaints({ROOT / "cells" / "cell.py": {"models"}})
    assert complaints({ROOT / "encoders" / "tokens.py": {"heads"}})
    assert not complaints({ROOT / "models" / "language_model.py": {"heads"}})


def test_there_is_no_utils() -> None:
    assert not [path for path in ROOT.rglob("*") if path.stem in ("utils", "util", "helpers", "misc")]
