"""The house keeps its own rules: who imports whom, how long things are, what a module may do."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import inventory_sync

HOUSE = Path(inventory_sync.__file__).parent
MODULES = {
    path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(HOUSE.rglob("*.py"))
}
LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 60

DAGSTERS_ROOMS = ("defs/", "cli/", "bench/", "definitions.py")
PURE_ROOMS = ("domain/", "flow/")
AMBIENT = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "os.environ",
    "os.getenv",
    "os.urandom",
    "Timestamp.now",
    "Timestamp.today",
    "Timestamp.utcnow",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "time.time",
    "uuid.uuid1",
    "uuid.uuid4",
}
AMBIENT_MODULES = {"random", "secrets", "np.random", "numpy.random"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Breaches = Iterator[str]
Rule = Callable[[str, ast.Module], Breaches]


def too_long_functions(name: str, tree: ast.Module) -> Breaches:
    """A function that is defined inside of another counts for itself alone."""
    for function in _functions(tree):
        inner = [_lines(other) for other in _functions(*function.body)]
        own = _lines(function).difference(*inner)
        if len(own) > LONGEST_FUNCTION_LINES:
            yield f"{name}: {function.name} has {len(own)} lines"


def undocumented(name: str, tree: ast.Module) -> Breaches:
    """A module says what belongs in it; what is public says what it means."""
    if not ast.get_docstring(tree):
        yield f"{name} has no docstring"
    if "/migrations/versions/" in name:  # Alembic's upgrade and downgrade mean the same everywhere
        return
    for definition in _public(tree):
        if not ast.get_docstring(definition):
            yield f"{name}: {definition.name} has no docstring"


def ambient_calls(name: str, tree: ast.Module) -> Breaches:
    """Time, chance and the environment are arguments in the pure rooms."""
    if not name.startswith(PURE_ROOMS):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from (f"{name}: imports {each}" for each in sorted(named & AMBIENT))
        elif isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            owner, _, attribute = dotted.rpartition(".")
            drawn = owner in AMBIENT_MODULES and attribute != "Random"
            if drawn or any(f".{dotted}".endswith(f".{each}") for each in AMBIENT):
                yield f"{name}: line {node.lineno} reads {dotted}"


def postponed_annotations(name: str, tree: ast.Module) -> Breaches:
    """Dagster reads the annotations of assets and configs, and must not find texts."""
    if name.startswith("defs/") and "__future__.annotations" in set(_imported(tree)):
        yield f"{name} postpones annotations"


def early_great_expectations(name: str, tree: ast.Module) -> Breaches:
    """It takes seconds to load: only the body of a check may do it."""
    inside = [node for function in _functions(tree) for node in _imports(function)]
    for node in _imports(tree):
        if node not in inside and any(n.startswith("great_expectations") for n in _names(node)):
            yield f"{name}: line {node.lineno} imports great_expectations with the module"


def dagster_elsewhere(name: str, tree: ast.Module) -> Breaches:
    """Dagster knows us; the rooms below do not know Dagster."""
    if name.startswith(DAGSTERS_ROOMS):
        return
    for imported in _imported(tree):
        if imported.partition(".")[0].startswith("dagster"):
            yield f"{name} imports {imported}"


RULES: list[Rule] = [
    too_long_functions,
    undocumented,
    ambient_calls,
    postponed_annotations,
    early_great_expectations,
    dagster_elsewhere,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_module_breaks_a_rule(rule: Rule) -> None:
    assert [breach for name, tree in MODULES.items() for breach in rule(name, tree)] == []


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {name: len((HOUSE / name).read_bytes().splitlines()) for name in MODULES}
    assert {n: count for n, count in lengths.items() if count > LONGEST_FILE_LINES} == {}


BREACHES: dict[Rule, tuple[str, str]] = {
    too_long_functions: ("domain/a.py", "def f():\n" + "    x = 1\n" * 60),
    undocumented: ("domain/a.py", '"""A."""\nclass A:\n    """A."""\n    def b(self): ...\n'),
    ambient_calls: ("flow/a.py", "from datetime import datetime\nx = datetime.now(None)\n"),
    postponed_annotations: ("defs/a.py", "from __future__ import annotations\n"),
    early_great_expectations: ("defs/a.py", "if True:\n    import great_expectations as gx\n"),
    dagster_elsewhere: ("flow/a.py", "def f():\n    from dagster import asset\n"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_sees_its_breach_and_nothing_in_its_absence(rule: Rule) -> None:
    name, code = BREACHES[rule]
    assert len(list(rule(name, ast.parse(code)))) == 1
    assert list(rule(name, ast.parse('"""A."""\nimport random\nx: random.Random\n'))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep",
        "import datetime\nx = datetime.datetime.now",
        "import random\nx = random.random()",
        "import numpy as np\nx = np.random.default_rng()",
        "import pandas as pd\nx = pd.Timestamp.now()",
        "import os\nx = os.environ['HOME']",
        "import uuid\nx = uuid.uuid4()",
    ],
)
def test_the_pure_rooms_reach_for_nothing_by_any_spelling(code: str) -> None:
    assert len(list(ambient_calls("domain/a.py", ast.parse(code)))) == 1


def test_rooms_import_only_the_rooms_below_them(capsys: pytest.CaptureFixture[str]) -> None:
    configuration = HOUSE.parent / "pyproject.toml"
    code = lint_imports(config_filename=str(configuration), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out


NOTHING_IS_CONNECTED = """
import socket, subprocess
import dagster, psycopg, sqlalchemy  # importing Dagster asks the operating system for its kind

def refuse(*arguments, **options):
    raise AssertionError(f"loading the definitions reaches out: {arguments}")

socket.socket.connect = socket.socket.connect_ex = subprocess.Popen.__init__ = refuse
psycopg.connect = psycopg.Connection.connect = sqlalchemy.Engine.connect = refuse

from inventory_sync.definitions import defs
repository = defs().get_repository_def()
print(*sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")))
"""


def test_loading_the_definitions_opens_no_connection_and_starts_no_server(tmp_path: Path) -> None:
    taken = ("INVENTORY_SYNC_", "DAGSTER_")
    environment = {n: value for n, value in os.environ.items() if not n.startswith(taken)}
    ended = subprocess.run(
        [sys.executable, "-c", NOTHING_IS_CONNECTED],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "full_sync" in ended.stdout.split()
    assert list(tmp_path.iterdir()) == []


def _functions(*trees: ast.AST) -> Iterator[Function]:
    """All functions in these trees, also those inside of others."""
    for tree in trees:
        yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def _lines(function: Function) -> set[int]:
    assert function.end_lineno is not None
    return set(range(function.lineno, function.end_lineno + 1))


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    yield from (f"{prefix}{alias.name}" for alias in node.names)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in _imports(tree):
        yield from _names(node)
