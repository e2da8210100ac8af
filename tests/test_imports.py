"""What each verb may not import: start-up costs seconds and memory, so verbs load what they use."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from orchestrator.plan.planner import make_plan
from orchestrator.server.ledger import ServiceLedger
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace

ROOT = Path(__file__).parent.parent

MODEL_CODE = {"torch", "open_clip", "torchvision", "timm"}
"""The oracle's and the methods'."""
OPTIMISERS = {"cma", "optuna", "sqlalchemy"}
STATISTICS = {"scipy.stats", "statsmodels", "autorank", "sklearn"}
PICTURES = {"matplotlib", "plotly", "jinja2", "pandas"}
SERVICES = {"ray", "mlflow", "boto3", "botocore", "huggingface_hub", "starlette", "uvicorn"}

NEVER_PLANNED = MODEL_CODE | OPTIMISERS | STATISTICS | SERVICES
NOT_SHOWN = NEVER_PLANNED | PICTURES | {"scipy"}

SCRIPT = """
import os, sys
from orchestrator.cli.main import main
sys.argv = ["querycurve"]
for line in sys.stdin.read().splitlines():
    code = 0
    if line.startswith("complete: "):
        words = line.partition(" ")[2]
        shell = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        os.environ.update(shell, _QUERYCURVE_COMPLETE="complete_bash")
        line = ""
    try:
        main(line.split())
    except SystemExit as ended:
        code = ended.code or 0
    os.environ.pop("_QUERYCURVE_COMPLETE", None)
    assert code == (2 if "abc" in line else 0), (line, code)
    print("imported:", *sys.modules)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a result of every cell of `demo`, so that there is something to report."""
    folder = tmp_path_factory.mktemp("store")
    filled = Store(open_storage(str(folder)))
    for cell in make_plan(load_spec("demo", ()), filled, ROOT / "data").cells:
        points = tuple(
            Point(queries, queries, name, 50.0 + cell.cell.seed)
            for queries in {0, cell.cell.queries}
            for name in ("test_accuracy", "test_loss")
        )
        spent = {"method": {"queries": cell.cell.queries, "images": cell.cell.queries}}
        document = cell.cell.model_dump(mode="json")
        filled.save(Trace(cell.key, document, "finished", points, spent))
    return folder


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The empty ledger of a service."""
    place = tmp_path_factory.mktemp("ledger") / "serve.db"
    ServiceLedger.open(str(place)).close()
    return place


@pytest.fixture(scope="module")
def after(store: Path, ledger: Path) -> dict[str, frozenset[str]]:
    """Names of all that a process has imported after each verb.

    One process runs them all, those that may import least first: what a verb may not import, none
    before it may.
    """
    verbs = {
        "help": "--help",
        "completion": "complete: querycurve run demo --set methods.zip.clip",
        "refused": f"plan demo --store {store} --set budget=abc",
        "refused run": f"run demo --store {store} --set budget=abc",
        "refused serve": f"serve --backbone abc --ledger {ledger}",
        "serve": f"serve --show-ledger --ledger {ledger}",
        "methods": "methods",
        "datasets": "datasets list",
        "plan": f"plan demo --store {store}",
        "plan of published": f"plan few_shot --store {store} --data {store}/none",
        "status": f"status demo --store {store}",
        "status of published": f"status few_shot --store {store} --data {store}/none",
        "report": f"report demo --store {store}",
        "run of what is done": f"run demo --store {store} --no-tracking",
    }
    found = imported(SCRIPT, "\n".join(verbs.values()))
    return dict(zip(verbs, found, strict=True))


def imported(script: str, given: str) -> list[frozenset[str]]:
    """What a script says that it has imported, each time that it says so."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=given,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("imported:")]
    return [frozenset(line.split()[1:]) for line in lines]


PYTHON = """
import sys
import querycurve as qc
print("imported:", *sys.modules)
store = sys.stdin.read()
qc.load(store, spec="demo")
qc.load(store)
qc.plan("demo", store)
print("imported:", *sys.modules)
figure = qc.curve(store, "pocket_dots", spec="demo")
assert figure.to_image() and figure.to_html()
print("imported:", *sys.modules)
import orchestrator.search.findings, orchestrator.search.recall  # of a spec with a search
print("imported:", *sys.modules)
"""

DRIVER = """
import sys
import orchestrator.cli.driving, orchestrator.plan.damaged, orchestrator.tracking.session
from orchestrator.cli.work import open_work_to_run
assert open_work_to_run("demo", (), sys.stdin.read(), "data", 60.0).plan.cells
print("imported:", *sys.modules)
"""


def test_help_imports_nothing_heavy(after: dict[str, frozenset[str]]) -> None:
    heavy = NOT_SHOWN | {"numpy", "pyarrow", "PIL"}
    assert after["help"] & heavy == set()


def test_a_shell_completes_with_nothing_heavy(after: dict[str, frozenset[str]]) -> None:
    assert after["completion"] & NOT_SHOWN == set()
    assert "orchestrator.spec.spec" in after["completion"] - after["help"], "it has completed"


def test_a_services_ledger_is_shown_without_a_service(after: dict[str, frozenset[str]]) -> None:
    assert after["serve"] & NOT_SHOWN == set()
    assert "orchestrator.server.ledger" in after["serve"] - after["help"]


def test_datasets_are_listed_without_torch(after: dict[str, frozenset[str]]) -> None:
    assert after["datasets"] & NOT_SHOWN == set()
    assert "benchmarks.pocket.datasets" in after["datasets"] - after["help"]


def test_methods_are_listed_without_torch(after: dict[str, frozenset[str]]) -> None:
    assert after["methods"] & NOT_SHOWN == set()
    assert "methods.registry" in after["methods"]


@pytest.mark.parametrize("verb", ["refused", "refused run", "refused serve"])
def test_what_is_refused_is_refused_before_anything_is_loaded(
    verb: str, after: dict[str, frozenset[str]]
) -> None:
    assert after[verb] & (NOT_SHOWN | {"orchestrator.cli.launch"}) == set()
    assert "orchestrator.spec.spec" in after[verb]


@pytest.mark.parametrize("verb", ["plan", "plan of published", "status", "status of published"])
def test_a_plan_imports_no_model_code_and_no_service(
    verb: str, after: dict[str, frozenset[str]]
) -> None:
    assert after[verb] & NOT_SHOWN == set()
    assert "orchestrator.plan.planner" in after[verb]


def test_a_report_imports_what_it_draws_with_and_no_more(after: dict[str, frozenset[str]]) -> None:
    assert after["report"] & NEVER_PLANNED == set()
    assert "matplotlib" in after["report"], "it draws"


def test_a_run_of_what_is_done_starts_no_ray(after: dict[str, frozenset[str]]) -> None:
    assert after["run of what is done"] & NEVER_PLANNED == set()
    assert "orchestrator.cli.launch" in after["run of what is done"]


def test_a_runs_driver_holds_no_torch_and_no_charts(store: Path) -> None:
    (found,) = imported(DRIVER, str(store))
    assert found & (NOT_SHOWN - {"ray", "botocore", "boto3", "pandas"}) == set()
    assert "ray" in found, "it drives actors"


def test_results_are_read_and_drawn_from_python_without_ray_and_torch(store: Path) -> None:
    package, read, drawn, searched = imported(PYTHON, str(store))
    assert package & (NOT_SHOWN | {"numpy", "pyarrow", "pydantic", "rich"}) == set()
    assert "querycurve" in package
    assert read & NEVER_PLANNED == set()
    assert read & (PICTURES - {"pandas"}) == set()
    assert "querycurve.results" in read
    assert drawn & NEVER_PLANNED == set()
    assert {"matplotlib", "plotly"} <= drawn
    assert searched & (NEVER_PLANNED - OPTIMISERS) == set(), "a study is Optuna's"


@pytest.mark.parametrize("name", sorted(NOT_SHOWN | {"numpy", "pyarrow", "PIL"}))
def test_what_is_forbidden_is_installed(name: str) -> None:
    """A name that nothing has would be forbidden in vain."""
    assert find_spec(name) is not None
