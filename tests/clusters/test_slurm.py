"""`clusters/slurm.sh` on a stand-in for SLURM: `srun` runs its command here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

CLUSTERS = Path(__file__).parents[2] / "clusters"
COMMAND = CLUSTERS.parent / "run_benchmark.py"

SMALL = ("budget=20", "seeds=[1]", "datasets=[pocket_dots]", "methods=[zero_shot]")

SRUN = """
for word in "$@"; do
  case $word in --output=*) output=${word#*=};; esac
done
echo "srun $*" >> "$CALLS"
while [[ $1 == --* ]]; do shift; done
exec "$@" > "${output:-/dev/stdout}" 2>&1
"""
RAY = """
echo "ray $* token=$RAY_AUTH_TOKEN mode=$RAY_AUTH_MODE" >> "$CALLS"
case $1 in
  start) [[ ! ${BROKEN:-} ]] && touch "$CALLS.started" && exec sleep 600;;
  health-check) [[ -e $CALLS.started ]];;
esac
"""
QUERYCURVE = """
until [[ $(grep -c ^srun "$CALLS" 2> /dev/null) -ge ${STEPS:-0} ]]; do sleep 0.02; done
printf 'querycurve' >> "$CALLS"
printf ' [%s]' "$@" "$RAY_ADDRESS" "$QUERYCURVE_CACHE" "$RAY_AUTH_TOKEN" >> "$CALLS"
echo >> "$CALLS"
[[ ${HELD:-} ]] || exit "${CODE:-0}"
trap 'exit 130' TERM
touch "$CALLS.working"
while true; do sleep 0.05; done
"""
SCONTROL = 'echo "scontrol $*" >> "$CALLS"'


@dataclass(frozen=True)
class Slurm:
    """A machine with programs that stand in for SLURM's.

    Attributes:
        folder: where all lies that a job writes.
        environment: variables that SLURM gives a job.
    """

    folder: Path
    environment: Mapping[str, str]

    def job(self, script: str, *words: str, **more: str) -> subprocess.Popen[str]:
        """A job that has just begun."""
        return subprocess.Popen(
            ["bash", str(CLUSTERS / script), *words],
            cwd=self.folder,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def calls(self) -> list[str]:
        """What the job called, in order."""
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def slurm(tmp_path: Path) -> Slurm:
    """Two nodes; Ray and the project's command are stand-ins, too."""
    programs = {"srun": SRUN, "scontrol": SCONTROL}
    _lay(tmp_path / "system", programs)
    _lay(tmp_path / ".venv" / "bin", {"ray": RAY, "querycurve": QUERYCURVE})
    paths = [str(tmp_path / "system"), str(Path(sys.executable).parent), os.environ["PATH"]]
    return Slurm(
        tmp_path,
        {
            "PATH": os.pathsep.join(paths),
            "HOME": str(tmp_path),
            "CALLS": str(tmp_path / "calls"),
            "SLURM_JOB_ID": "41234",
            "SLURM_JOB_NUM_NODES": "2",
            "SLURM_CPUS_PER_TASK": "8",
            "SLURMD_NODENAME": "node-7",
            "SLURM_SUBMIT_DIR": str(tmp_path),
            "QUERYCURVE_HEAD_IP": "192.0.2.7",
        },
    )


def _lay(folder: Path, programs: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in programs.items():
        (folder / name).write_text(f"#!/usr/bin/env bash\n{text}")
        (folder / name).chmod(0o755)


def test_ray_starts_on_the_first_node_and_joins_on_the_others(slurm: Slurm) -> None:
    job = slurm.job("slurm.sh", "run", "few_shot", "--set", "seeds=[1, 2]", CODE="1", STEPS="2")
    assert job.communicate()[0].startswith("starting Ray on 2 node(s), 192.0.2.7:21234 first")
    assert job.returncode == 1, "what the run answers is what the job answers"
    head, worker = (call for call in slurm.calls() if call.startswith("srun"))
    assert "--nodelist=node-7 " in head
    assert "ray start --head --node-ip-address=192.0.2.7 --port=21234 " in head
    assert "--nodes=1 --ntasks=1 --exclude=node-7 " in worker
    assert "ray start --address=192.0.2.7:21234 " in worker
    assert all(
        "--num-cpus=8" in call and "--temp-dir=/tmp/ray-41234" in call for call in (head, worker)
    )
    (run,) = (call for call in slurm.calls() if call.startswith("querycurve"))
    words = run.removeprefix("querycurve [").removesuffix("]").split("] [")
    *typed, address, cache, token = words
    assert typed == ["run", "few_shot", "--set", "seeds=[1, 2]"]
    assert address == "192.0.2.7:21234"
    assert cache.startswith("/tmp/querycurve-")
    assert len(token) == 64
    ray = [call for call in slurm.calls() if call.startswith("ray")]
    assert all(call.endswith(f"token={token} mode=token") for call in ray)


def test_a_job_that_is_ended_saves_its_cells_and_goes_back_into_the_queue(slurm: Slurm) -> None:
    job = slurm.job("slurm.sh", "run", "few_shot", HELD="yes", SLURM_JOB_NUM_NODES="1")
    while not (slurm.folder / "calls.working").exists():
        assert job.poll() is None
        time.sleep(0.02)
    job.send_signal(signal.SIGTERM)
    said = job.communicate()[0]
    assert job.returncode == 130
    assert "the job goes back into the queue" in said
    assert slurm.calls()[-1] == "scontrol requeue 41234"
    assert sum(call.startswith("srun") for call in slurm.calls()) == 1, "there is one node"


def test_it_says_where_to_look_when_ray_does_not_start(slurm: Slurm) -> None:
    job = slurm.job("slurm.sh", "run", BROKEN="yes")
    said = job.communicate()[0]
    assert job.returncode == 1
    assert "Ray did not start on node-7" in said
    assert "see slurm-41234-ray-" in said
    assert not any(call.startswith("querycurve") for call in slurm.calls())


@pytest.mark.parametrize("script", ["slurm.sh", "slurm_array.sh"])
def test_it_says_that_the_project_is_not_installed(script: str, slurm: Slurm) -> None:
    shutil.rmtree(slurm.folder / ".venv")
    job = slurm.job(script, "run")
    assert "run 'make install'" in job.communicate()[0]
    assert job.returncode == 2


def test_a_task_of_an_array_is_a_run_of_its_own(slurm: Slurm) -> None:
    job = slurm.job("slurm_array.sh", "few_shot", "--store", "/shared/my results", RAY_ADDRESS="")
    job.communicate()
    assert job.returncode == 0
    (run,) = slurm.calls()
    assert run.startswith(
        "querycurve [run] [few_shot] [--store] [/shared/my results] [--no-tracking] []"
    )


@pytest.mark.cluster
def test_a_grid_finishes_on_two_nodes(slurm: Slurm) -> None:
    """With Ray itself, and the project's command; both nodes are this machine."""
    project = slurm.folder / "project"
    _lay(project / "bin", {"querycurve": f'exec {sys.executable} {COMMAND} "$@"'})
    changed = [word for change in SMALL for word in ("--set", change)]
    job = slurm.job(
        "slurm.sh",
        *("run", "demo", "--no-tracking", "--store", "results", *changed),
        QUERYCURVE_ENV=str(project),
        QUERYCURVE_HEAD_IP="127.0.0.1",
        SLURM_JOB_ID=str(os.getpid()),
        SLURM_CPUS_PER_TASK="1",
        PYTHONPATH=str(CLUSTERS.parent),
    )
    said = job.communicate()[0]
    assert job.returncode == 0, said
    assert len(Store(LocalStorage(slurm.folder / "results")).finished_keys()) == 1, said
