"""What the documents mention exists: every path, every dotted name of the package, every name in backticks; and the
table of the one-way flow is the one that holds."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

import rnnkit
from test_architecture import ORDER

ROOT = Path(__file__).parents[1]
PACKAGE = Path(rnnkit.__file__).parent
MARKDOWN = ("ARCHITECTURE", "CONTRIBUTING", "README", "CHANGELOG", "docs/shapes", "benchmarks/README")
DOCUMENTS = [f"{name}.md" for name in MARKDOWN]
PROGRAMS = sorted([*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "examples").glob("*.py")])

BELOW = (ROOT, PACKAGE, PACKAGE / "tasks", ROOT / "native", ROOT / "native" / "src", ROOT / "benchmarks" / "results")
"""folders that paths may be given from, beside the document's own"""
PATH = re.compile(r"[\w.*-]*(?:/[\w.*-]*)+|[\w*-]+\.(?:py|md|h|cpp|toml|svg|png)")
THEIRS = ("runs/", "RUN", "DATA", "checkpoints/last", "karpathy/", "tinyshakespeare/", "wikitext2/", "atis/", ".venv")
"""how paths begin that are a user's own, in a run's folder, or in repositories elsewhere"""
DATA = re.compile(r".*\.(?:txt|safetensors|jsonl|json|npz|csv|tsv)")
NOT_OURS = frozenset({
    "D", "G", "L", "V", "DistributedDataParallel", "GOMP_parallel", "avx512", "hear", "index_put", "model_copy", "neon",
    "quantize_dynamic", "seqeval", "torch", "torchrun",
})  # fmt: skip
"""words in backticks that are no names of the package: other programs', letters, and names that are gone"""


def spans(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def paths_in(text: str) -> list[str]:
    """The paths in backticks, and what links point to."""
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    return links + [span for span in spans(text) if PATH.fullmatch(span) and not span.startswith(THEIRS)]


def prose(document: str) -> str:
    """A document without its blocks of code, which `test_examples` runs."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def missing_paths(text: str, folder: Path) -> list[str]:
    """The paths that lead to nothing."""
    below = (folder, *BELOW)
    return [path for path in paths_in(text) if not any(list(base.glob(path.rstrip("/"))) for base in below)]


@cache
def known_names() -> frozenset[str]:
    """Every name in the code of the package and its benchmarks, and every word among its strings, such as columns."""
    names = set(dir(builtins))
    for path in [*PACKAGE.rglob("*.py"), *ROOT.glob("benchmarks/*.py")]:
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= {node.value, node.value.removesuffix(".json")}
    return frozenset(names)


def resolves(dotted: str) -> bool:
    """Whether `rnnkit.….name` is a module, or a chain of attributes of one."""
    found, parts = rnnkit, dotted.split(".")[1:]
    for number, part in enumerate(parts, 2):
        if not hasattr(found, part):
            try:
                importlib.import_module(".".join(dotted.split(".")[:number]))
            except ImportError:
                return False
        found = getattr(found, part)
    return True


def missing_names(text: str) -> list[str]:
    """The names of Python that nothing has."""
    missing = [name for name in re.findall(r"\brnnkit(?:\.[A-Za-z_]\w*)+", text) if not resolves(name)]
    for span in spans(text):
        name = re.fullmatch(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(.*\))?(?:\.\w+)?", span)
        if name is None or PATH.fullmatch(span) or DATA.fullmatch(span) or span.startswith("rnnkit"):
            continue
        parts = name.group(1).split(".")
        if parts[0] not in NOT_OURS:
            missing += [span for part in parts if part not in known_names()][:1]
    return missing


def wrong_imports(path: Path) -> list[str]:
    """What a program imports from the package, and is not there."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rnnkit")]
    return [name for node in froms for one in node.names if not resolves(name := f"{node.module}.{one.name}")]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document: str) -> None:
    assert missing_paths(prose(document), (ROOT / document).parent) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_names_exist(document: str) -> None:
    assert missing_names(prose(document)) == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_programs_import_what_there_is(program: Path) -> None:
    assert wrong_imports(program) == []


def test_the_table_of_the_one_way_flow_is_the_one_that_holds() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("## The one-way flow")[2].partition("## ")[0]
    rows = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines() if line.startswith("| `")]
    assert rows == ORDER


def test_the_test_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = missing_paths("open `tasks/nowhere.py`, `nowhere/` or [this](no.md)", ROOT)
    assert wrong == ["no.md", "tasks/nowhere.py", "nowhere/"]
    assert missing_paths("open `tasks/task.py`, `kernels/`, `laws/*.py` of `tests/`", ROOT) == ["laws/*.py"]
    assert missing_names("`rnnkit.tasks.Nothing` and `Predictor.predictt`, `nothing_there()`") == [
        "rnnkit.tasks.Nothing", "Predictor.predictt", "nothing_there()"
    ]  # fmt: skip
    assert missing_names("`rnnkit.tasks.Tagging`, `Predictor.predict`, `stream()`") == []
    program = tmp_path / "program.py"
    program.write_text("from rnnkit.tasks import Tagging, nothing_there\n")
    assert wrong_imports(program) == ["rnnkit.tasks.nothing_there"]
