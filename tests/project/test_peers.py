"""The benchmark beside other libraries runs at tiny sizes and times what it says; absent peers are skipped."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "peers.py"
TINY = """
    --repeats 1 --samples 200 --animals 1 10 --slow-samples 20 --units 8 --batch 4 --path-steps 3 --steps 2
    --points 40 --bins 8 --maps 2
"""


@pytest.fixture(scope="module")
def peers():
    spec = importlib.util.spec_from_file_location("peers_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks for its own module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_whatever_is_missing_is_left_out_and_said_so(peers, monkeypatch, capsys):
    monkeypatch.setattr(peers, "PEERS", dict.fromkeys(peers.PEERS, "a_module_that_nobody_has"))
    peers.main(TINY.split())
    told = capsys.readouterr().out
    for name in ("RatInABox", "canns-lib", "opexebo"):
        assert f"{name} is not installed: left out" in told
    rows = [line for line in told.splitlines() if line.startswith(("paths", "2 training", "barcode", "grid", "border"))]
    assert len(rows) == 2 + 1 + 1 + 2
    ours = [float(row[48:58]) for row in rows]
    assert min(ours) > 0
    (step,) = (row for row in rows if "training" in row)
    theirs, ratio = (float(word) for word in step.split()[-2:])
    assert ratio == pytest.approx(theirs / ours[rows.index(step)], rel=2e-2)


def test_the_released_arithmetic_learns_the_same_network(peers):
    task = peers.PlaceTask(peers.preset("sorscher2019").override({"units": 12, "batch": 5, "path_steps": 4}), seed=1)
    paths = task.batch_of(task.paths(5, "paths"))
    learner, plain = peers.Learner.of(task, torch.device("cpu")), peers.PlainStep(task)
    for step in range(4):
        torch.testing.assert_close(plain.learn(paths), learner.learn(paths, step, peers.Processes.here()))
    trained = plain.layers["decoder"].weight
    torch.testing.assert_close(trained, learner.network.decoder.weight, rtol=1e-4, atol=1e-5)
    assert (trained - task.network().decoder.weight).abs().max() > 1e-4


def test_times_are_medians_of_turns_and_stand_for_the_whole_work(peers):
    now, taken = [0.0], {"ours": iter([1.0, 9.0, 2.0]), "slow": iter([30.0, 10.0, 20.0])}
    order = []

    def work(name):
        order.append(name)
        now[0] += next(taken[name])

    found = peers.Comparison("a thing", lambda: work("ours"), {"slow": (lambda: work("slow"), 0.1)})
    assert peers.measure(found, 3, lambda: now[0]) == (2.0, {"slow": 200.0})
    assert order == ["ours", "slow", "slow", "ours", "ours", "slow"]  # nobody always comes second


@pytest.mark.parametrize(("module", "walk"), [("canns_lib.spatial", "canns_paths"), ("ratinabox", "ratinabox_paths")])
@pytest.mark.filterwarnings("ignore")
def test_others_walk_in_the_same_box(peers, module, walk):
    walked = getattr(peers, walk)(pytest.importorskip(module), 2, 30)
    assert walked.shape == (2, 30, 2)
    assert walked.min() >= 0 and walked.max() <= 2.2
    step = np.linalg.norm(np.diff(walked, axis=1), axis=-1)
    assert 0 < step.mean() < 0.1  # m in 0.02 s


@pytest.mark.filterwarnings("ignore")
def test_others_give_the_same_bars(peers):
    pytest.importorskip("canns_lib.ripser")
    (found,) = peers.barcodes({"canns-lib": None}, [60])  # raises where they differ
    loops, voids = found.peers["canns-lib"][0]()
    assert len(loops) and loops.shape[1] == voids.shape[1] == 2


@pytest.mark.filterwarnings("ignore")
def test_others_score_the_same_maps(peers):
    opexebo = pytest.importorskip("opexebo")
    grid, border, information = peers.scores({"opexebo": opexebo}, [20], 3)
    theirs = [one["spatial_information_content"] for one in information.peers["opexebo"][0]()]
    ours, _ = information.ours()
    assert np.corrcoef(ours, theirs)[0, 1] > 0.5  # theirs counts only the bins above the mean
    assert len(border.peers["opexebo"][0]()) == len(grid.ours().score_60) == 3
