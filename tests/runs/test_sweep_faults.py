"""Sweeps on real processes over TCP: workers and clients that are killed, full disks, other versions, Ctrl-C."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import distributed
import pytest

from gridcells.cli.main import main
from gridcells.presets import preset
from gridcells.runs.sweeps import Sweep, SweepRun, load_table, run_sweep
from gridcells.runs.sweeps.driver import _check_workers
from gridcells.runs.sweeps.work import nothing

FOUND = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]  # this file, by the workers
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(FOUND)}
ENVIRONMENT["PYTHONDONTWRITEBYTECODE"] = "1"  # which a process with a full disk may leave cut off, for all others
SECONDS = 0.6  # that a run takes


def leaves_a_mark(config, weights):
    """Work that says when it began and ended, in a file beside the sweep's folder."""
    log = Path(os.environ["SWEEP_LOG"])
    with open(log, "a") as file:
        file.write(f"begin {config['seed']} {os.getpid()}\n")
    time.sleep(SECONDS)
    with open(log, "a") as file:
        file.write(f"end {config['seed']} {os.getpid()}\n")
    return {"numbers": {"seed_again": config["seed"]}, "metrics": ["padding " * 300]}


def interrupted(config, weights):
    """Work during which Ctrl-C reaches the worker's process."""
    os.kill(os.getpid(), signal.SIGINT)
    return {"numbers": {"process": os.getpid()}, "metrics": []}


def deadly(config, weights):
    """Work of which one run kills its worker, whenever it is tried."""
    if config["seed"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return {"numbers": {"seed_again": config["seed"]}, "metrics": []}


def as_in_a_terminal() -> None:
    """Let Ctrl-C reach the process to come, also where these tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def sweep_of(count: int) -> Sweep:
    tiny = preset("debate").override({"units": 8, "steps": 4})
    return Sweep("faults", tuple(SweepRun(tiny, seed) for seed in range(count)))


CLIENT = """
import sys
from test_sweep_faults import leaves_a_mark, sweep_of
from gridcells.runs.sweeps import run_sweep
if __name__ == "__main__":
    count, folder, address = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    show = lambda done, total, name: print(done, flush=True)
    print(run_sweep(sweep_of(count), folder, scheduler=address, work=leaves_a_mark, progress=show))
"""


class Cluster:
    """A scheduler and workers, each a process of its own, that talk over TCP on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes, self.log = folder, [], folder / "log"
        self.log.touch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        words = ["scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self.start("distributed.cli.dask_scheduler", *words[1:])

    def start(self, module: str, *words: str, **options) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env={**ENVIRONMENT, "SWEEP_LOG": str(self.log)},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )
        self.processes.append(process)
        return process

    def worker(self, *more: str, **options) -> subprocess.Popen:
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--host", "127.0.0.1")
        return self.start("distributed.cli.dask_worker", self.address, *words, *more, **options)

    def client(self, count: int, results: Path) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(count), str(results), self.address],
            env={**ENVIRONMENT, "SWEEP_LOG": str(self.log)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def marks(self, word: str) -> list[tuple[int, int]]:
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [(int(seed), int(pid)) for kind, seed, pid in lines if kind == word]

    def wait_for(self, happened, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"nothing came: {self.log.read_text()}"
            time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    for process in made.processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def check_whole(results: Path, count: int) -> None:
    """Every run is there exactly once, and nothing else."""
    names = {run.name for run in sweep_of(count).runs}
    assert {path.name for path in (results / "runs").iterdir()} == names
    table = load_table(results)
    assert list(table["status"]) == ["complete"] * count and list(table["seed_again"]) == list(range(count))


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_nothing(cluster, tmp_path):
    first, _ = cluster.worker(), cluster.worker()
    client = cluster.client(8, tmp_path / "results")
    cluster.wait_for(lambda: any(pid == first.pid for _, pid in cluster.marks("begin")))
    time.sleep(SECONDS / 3)
    first.send_signal(signal.SIGKILL)
    out, error = client.communicate(timeout=120)
    assert client.returncode == 0, error
    assert "'complete': 8, 'failed': 0" in out
    check_whole(tmp_path / "results", 8)
    ended = [seed for seed, _ in cluster.marks("end")]
    assert sorted(ended) == list(range(8))  # none is run twice to completion
    assert 1 <= len(cluster.marks("begin")) - len(ended) <= 2  # what the dead one had begun


@pytest.mark.slow
def test_a_new_client_goes_on_where_a_killed_one_was(cluster, tmp_path):
    cluster.worker(), cluster.worker()
    results = tmp_path / "results"
    client = cluster.client(8, results)
    cluster.wait_for(lambda: len(cluster.marks("end")) >= 2)
    os.killpg(client.pid, signal.SIGKILL)
    client.communicate()
    client = cluster.client(8, results)  # while the workers are still at what the first one gave them
    out, error = client.communicate(timeout=120)
    assert client.returncode == 0, error
    assert "'failed': 0" in out
    check_whole(results, 8)
    ended = [seed for seed, _ in cluster.marks("end")]
    assert set(ended) == set(range(8)) and len(ended) <= 8 + 2  # at most what the two workers were at is done twice


@pytest.mark.slow
def test_a_run_that_kills_its_workers_is_named_and_the_others_go_on(tmp_path):
    results, sweep = tmp_path / "results", sweep_of(6)
    assert run_sweep(sweep, results, workers=2, work=deadly) == {"before": 0, "complete": 5, "failed": 1}
    table = load_table(results)
    assert list(table["status"]) == ["complete", "failed", *["complete"] * 4]
    assert "each worker that was given this run died" in table["error"][1]
    assert [path.stem for path in (results / "failed").iterdir()] == [sweep.runs[1].name]
    assert {path.name for path in (results / "runs").iterdir()} == set(table["run"]) - {sweep.runs[1].name}


@pytest.mark.slow
def test_a_worker_that_dies_while_the_client_starts_ends_nothing(tmp_path, monkeypatch):
    run, killed = distributed.Client.run, []

    def just_after_a_death(client, function, **options):
        if not killed:
            killed.append(client.cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)
        return run(client, function, **options)

    monkeypatch.setattr(distributed.Client, "run", just_after_a_death)
    assert run_sweep(sweep_of(3), tmp_path / "results", workers=2, work=nothing)["complete"] == 3
    assert killed


class Answers:
    """A client whose only worker gives the same answer each time it is asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    def run(self, function, on_error):
        self.asked += 1
        return {"tcp://127.0.0.1:9": self.answer}

    def wait_for_workers(self, number, timeout):
        raise TimeoutError


def test_workers_that_do_not_stay_are_named():
    client = Answers(OSError("Stream is closed"))
    with pytest.raises(OSError, match="scheduler: expected workers that stay, got tcp://127.0.0.1:9 gone at the start"):
        _check_workers(client)
    assert client.asked > 1


def test_a_worker_without_the_library_is_refused():
    client = Answers(ModuleNotFoundError("No module named 'gridcells'"))
    with pytest.raises(ValueError, match="expected workers with this version, got tcp://.* with none .*'gridcells'"):
        _check_workers(client)
    assert client.asked == 1


def test_a_second_client_is_told_who_is_at_work(tmp_path):
    words = "import sys, pathlib; from gridcells._common.locks import hold_folder\n"
    words += "with hold_folder(pathlib.Path(sys.argv[1]), 'client'): print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", words, str(tmp_path)]
    holder = subprocess.Popen(words, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    told = f"out: .*held by process {holder.pid} on {re.escape(socket.gethostname())}"
    with pytest.raises(ValueError, match=told):
        run_sweep(Sweep("none", ()), tmp_path)
    holder.kill()
    holder.communicate()
    assert run_sweep(Sweep("none", ()), tmp_path)["complete"] == 0  # the lock of one that was killed is free


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_named(cluster, tmp_path):
    cluster.worker()
    client = cluster.client(8, tmp_path / "results")
    cluster.wait_for(lambda: len(cluster.marks("end")) >= 1)
    cluster.scheduler.send_signal(signal.SIGKILL)
    _, error = client.communicate(timeout=120)
    told = "ConnectionError: scheduler: expected one that stays, got one that went away; the same command goes on"
    assert client.returncode == 1 and error.strip().splitlines()[-1].startswith(told)
    assert "complete" in load_table(tmp_path / "results")["status"]  # the table of what there is was written


@pytest.mark.slow
def test_a_worker_with_a_full_disk_hands_its_runs_to_others(cluster, tmp_path):
    def no_room():  # the kernel refuses every file beyond 1 kB; results are larger, marks are not
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

    full = cluster.worker(preexec_fn=no_room)
    cluster.worker()
    client = cluster.client(6, tmp_path / "results")
    out, error = client.communicate(timeout=120)
    assert client.returncode == 0, error
    assert "'complete': 6, 'failed': 0" in out
    assert any(pid == full.pid for _, pid in cluster.marks("begin"))  # it had its share
    check_whole(tmp_path / "results", 6)


@pytest.mark.slow
def test_where_no_worker_can_write_the_failure_is_told_and_the_next_call_mends_it(cluster, tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

    alone = cluster.worker(preexec_fn=no_room)
    results = tmp_path / "results"
    out, error = cluster.client(1, results).communicate(timeout=120)
    assert "'complete': 0, 'failed': 1" in out, error
    failure = json.loads(next((results / "failed").iterdir()).read_text())
    assert "File too large" in failure["error"] and "Traceback" in failure["traceback"]
    alone.send_signal(signal.SIGKILL)
    cluster.worker()
    out, error = cluster.client(1, results).communicate(timeout=120)
    assert "'complete': 1, 'failed': 0" in out, error
    check_whole(results, 1)
    assert not list((results / "failed").iterdir())


def test_an_unreachable_scheduler_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("gridcells.runs.sweeps.driver.CONNECT", 0.5)
    with pytest.raises(ValueError, match="scheduler: expected a Dask scheduler with workers at 'tcp://127.0.0.1:9'"):
        run_sweep(sweep_of(1), tmp_path / "results", scheduler="tcp://127.0.0.1:9")


@pytest.mark.slow
def test_a_worker_of_another_version_is_refused_before_anything_runs(cluster, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "another_version.py").write_text("import gridcells\ngridcells.__version__ = '0.0.1'\n")
    cluster.start(
        "distributed.cli.dask_worker",
        cluster.address,
        *(
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--host",
            "127.0.0.1",
            "--preload",
            str(other / "another_version.py"),
        ),
    )
    with pytest.raises(
        ValueError, match=r"expected workers with this version, got tcp://.* with gridcells 0\.0\.1 there"
    ):
        run_sweep(sweep_of(1), tmp_path / "results", scheduler=cluster.address)
    assert not list((tmp_path / "results" / "runs").iterdir())


def test_results_of_another_sweep_are_left_alone(tmp_path):
    (tmp_path / "sweep.json").write_text(json.dumps({"name": "another", "presets": ["small"]}))
    with pytest.raises(ValueError, match="out: expected results of .*faults.*, got .*another"):
        run_sweep(sweep_of(1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.json"]
    (tmp_path / "sweep.json").rename(tmp_path / "notes.json")
    with pytest.raises(ValueError, match="out: expected an empty folder or one with this sweep"):
        run_sweep(sweep_of(1), tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system blocks no signals")
def test_an_interrupt_does_not_reach_the_workers(tmp_path):
    assert run_sweep(sweep_of(4), tmp_path / "results", workers=1, work=interrupted)["complete"] == 4
    processes = set(load_table(tmp_path / "results")["process"])
    assert len(processes) == 1 and os.getpid() not in processes  # one worker did them all: it was not replaced
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])  # and here it works again


@pytest.mark.slow
def test_ctrl_c_leaves_a_sweep_that_goes_on(tmp_path, monkeypatch, capsys):
    (tmp_path / "spec.toml").write_text(
        textwrap.dedent("""
            preset = "debate"
            repeats = 3
            [settings]
            units = 8
            steps = 400
            batch = 8
            null_maps = 20
            scoring.paths = 100
        """)
    )
    words = [sys.executable, "-m", "gridcells", "sweep", "spec.toml", "--workers", "1"]
    options = {"cwd": tmp_path, "env": ENVIRONMENT, "text": True, "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(words, start_new_session=True, preexec_fn=as_in_a_terminal, **options)
    end = time.monotonic() + 90
    while not list(tmp_path.glob("runs/spec/runs/*/result.json")):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to the client and its workers
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    last = error.strip().splitlines()[-1]
    assert last.startswith("gridcells: interrupted: ") and last.endswith(
        "of 3 runs are complete; the same command goes on"
    )
    assert "Traceback" not in error
    monkeypatch.chdir(tmp_path)
    main(words[3:])
    told = capsys.readouterr()
    assert "3 runs complete" in told.out and "dashboard: http://127.0.0.1:" in told.err + told.out
    table = load_table(tmp_path / "runs" / "spec")
    assert list(table["status"]) == ["complete"] * 3
