"""The page, the report and what stands beside the table."""

import html.parser
import json
import re

import numpy as np
import pytest

from gridcells.cli.main import main
from gridcells.recordings import (
    Recording,
    compare_recordings,
    draw_units,
    map_recording,
    score_recording,
    simulate_session,
    spacing_modules,
    spikes_along,
    write_page,
    write_report,
)
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

SESSION = simulate_session(seconds=200.0, generator=0)


class Outside(html.parser.HTMLParser):
    """Collects every address that a page would fetch."""

    def __init__(self):
        super().__init__()
        self.found, self.pictures, self.headings = [], 0, []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href"):
                self.pictures += value.startswith("data:image/png;base64,")
                if not value.startswith("data:"):
                    self.found.append(value)


@pytest.fixture(scope="module")
def scored():
    recording = map_recording(SESSION.recording(), bins=20)
    return recording, score_recording(recording, shuffles=30, generator=0)


def test_a_page_stands_alone_and_shows_each_unit(scored, tmp_path):
    recording, table = scored
    write_page(recording, table, tmp_path / "a.html", title="Rat <1>")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    page = Outside()
    page.feed(text)
    assert page.found == []
    assert "http" not in text.replace("http-equiv", "")
    assert page.pictures == 5
    assert "<h1>Rat &lt;1&gt;</h1>" in text
    assert "samples: all 10000 used, 200.0 s" in text
    for name in table.unit:
        assert f"<h2>Unit {name}</h2>" in text
    order = re.findall(r"<h2>Unit (.*?)</h2>", text)
    assert order[0] == table.unit[int(np.nanargmax(table.score_60))]
    assert f"<dd>{np.nanmax(table.score_60):.2f} (p = " in text
    assert "All units" in text


def test_a_page_of_few_units_says_how_many_are_left(scored, tmp_path):
    recording, table = scored
    write_page(recording, table, tmp_path / "a.html", units=2)
    assert "3 more units stand in the table alone" in (tmp_path / "a.html").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="a.pdf: expected a page that ends in .html, got '.pdf'"):
        write_page(recording, table, tmp_path / "a.pdf")
    with pytest.raises(ValueError, match="recording: expected one with rate maps"):
        write_page(SESSION.recording(), table, tmp_path / "b.html")


def test_the_report_holds_what_was_left_out(scored, tmp_path):
    _, table = scored
    write_report(table, tmp_path / "a.json")
    report = json.loads((tmp_path / "a.json").read_text())
    assert report["samples"] == 10_000
    assert report["spikes"] == sum(len(train) for train in SESSION.spike_times.values())
    assert report["bins"] == [20, 20]
    assert report["shape"] == "rectangle"
    assert 0.85 < report["visited"] <= 1
    assert (report["null"], report["null_maps_a_unit"], report["units"]) == ("time_shuffle", 30, 5)


def test_the_command_leaves_them_all_and_compares_two_sessions(tmp_path, capsys):
    second = simulate_session(seconds=200.0, generator=0)
    for name, session in (("a", SESSION), ("b", second)):
        times = np.concatenate(list(session.spike_times.values()))
        owner = np.repeat(list(session.spike_times), [len(train) for train in session.spike_times.values()])
        np.savez(
            tmp_path / f"{name}.npz",
            position=100 * session.position,
            time=session.time,
            spike_times=times,
            spike_units=owner,
        )
    words = ["score", str(tmp_path / "a.npz"), "--position-unit", "cm", "--shuffles", "10", "--bins", "20"]
    main([*words, "--compare", str(tmp_path / "b.npz"), "--out", str(tmp_path / "o"), "--smooth", "0.05"])
    said = capsys.readouterr().out
    assert "maps: Gaussian of 5 cm, bins of at least 0.1 s" in said
    assert f"map correlation with {tmp_path / 'b.npz'}: border 0 1.00" in said
    assert f"{tmp_path / 'b.npz'}:\nsamples: all 10000 used" in said
    compared = json.loads((tmp_path / "o" / "a-scores.json").read_text())["compared"]
    assert compared["file"] == str(tmp_path / "b.npz")
    assert compared["map_correlation"]["grid 0"] == pytest.approx(1)
    assert compared["hygiene"]["samples"] == 10_000
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == [
        f"a-scores.{suffix}" for suffix in ("csv", "html", "json", "png")
    ]
    with pytest.raises(SystemExit):
        main([*words, "--smooth", "wide"])
    assert "smooth: expected a width in m or 'adaptive', got 'wide'" in capsys.readouterr().err


def test_modules_are_clusters_of_the_grid_cells_spacings():
    spacing = np.r_[np.linspace(0.38, 0.42, 9), np.linspace(0.68, 0.72, 9)]
    maps = np.concatenate(
        [lattice_maps(Rectangle(2.2, 2.2), spacing, bins=40), np.random.default_rng(0).random((5, 40, 40))]
    )
    table = score_recording(Recording.of(rate_maps=maps, bin_size=0.055), shuffles=50, generator=0)
    found = spacing_modules(table, generator=0)
    np.testing.assert_allclose(found.mean, [0.40, 0.70], atol=0.02)
    assert (found.label[18:] == -1).all()
    assert found.label[:18].tolist() == [0] * 9 + [1] * 9
    few = score_recording(Recording.of(rate_maps=maps[:5], bin_size=0.055), null="none")
    assert spacing_modules(few, generator=0) is None


def test_two_sessions_are_compared_on_the_bins_of_the_first():
    moved = SESSION.position[::-1].copy()
    turned = Recording.from_spikes(moved, SESSION.time, {"grid 0": SESSION.spike_times["grid 0"]})
    found = compare_recordings(SESSION.recording(), turned)
    assert list(found) == ["grid 0"]
    assert abs(found["grid 0"]) < 0.4
    with pytest.raises(ValueError, match="second: expected some of the units grid 0, .*, got z"):
        compare_recordings(SESSION.recording(), Recording.from_spikes(moved, SESSION.time, {"z": [1.0]}))


def test_a_second_session_elsewhere_is_refused_and_its_spikes_may_lie_apart(tmp_path, capsys):
    here = SESSION.recording()
    moved = Recording.from_spikes(SESSION.position + 0.6, SESSION.time, SESSION.spike_times)
    with pytest.raises(
        ValueError, match="second: expected a session in the box of the first, .* outside: was the camera"
    ):
        compare_recordings(here, moved)
    np.savez(tmp_path / "a.npz", position=SESSION.position, time=SESSION.time)
    np.save(tmp_path / "c1.npy", SESSION.spike_times["grid 0"])
    words = ["score", tmp_path / "a.npz", "--spikes", tmp_path / "c1.npy", "--null", "none", "--page-units", "0"]
    more = ["--compare", tmp_path / "a.npz", "--compare-spikes", tmp_path / "c1.npy", "--out", tmp_path / "o.csv"]
    main(list(map(str, [*words, *more])))
    assert "c1 1.00" in capsys.readouterr().out


def test_two_sessions_on_a_track_are_compared_along_it():
    time, rng = SESSION.time, np.random.default_rng(0)

    def session(turn, start):
        along = 0.6 * (1 - np.cos(time / 3 + start))
        trains = {"c": np.repeat(time, rng.poisson(0.3 * np.exp(-((along - 0.4) ** 2) / 0.01)))}
        return Recording.from_spikes(along[:, None] * [np.cos(turn), np.sin(turn)] + turn, time, trains)

    first = session(0.0, 0.0)
    assert compare_recordings(first, session(0.5, 1.0))["c"] > 0.9  # another camera, turned
    box = Recording.from_spikes(SESSION.position, time, {"c": SESSION.spike_times["grid 0"]})
    with pytest.raises(ValueError, match="second: expected a session on a track, as the first, got one in a box"):
        compare_recordings(first, box)


def test_units_are_drawn_side_by_side(scored):
    recording, table = scored
    figure = draw_units(recording, table, [2, 0])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "place 0",
        "grid 0",
        f"grid score {table.score_60[2]:.2f}",
        f"grid score {table.score_60[0]:.2f}",
    ]
    with pytest.raises(ValueError, match="recording: expected one with rate maps and positions"):
        draw_units(SESSION.recording(), table, [0])


def test_a_networks_maps_fire_along_an_animals_path():
    animal = SESSION.recording()
    maps = lattice_maps(Rectangle(2.2, 2.2), [1.0, 1.1], bins=40)  # in a box of 2.2 m
    seen = spikes_along(animal, maps, mean_rate=6.0, names=("a", "b"), generator=0)
    np.testing.assert_allclose(seen.spikes.count / 200, 6.0, rtol=0.1)
    table = score_recording(seen, null="none", bins=20)
    assert (table.score_60 > 0.5).all()
    np.testing.assert_allclose(table.spacing, np.array([1.0, 1.1]) / 2.2, rtol=0.1)
    np.testing.assert_array_equal(seen.position, animal.position)
    far = SESSION.position.copy()
    far[500] = [3.0, 3.0]  # a glitch that nobody took out stretches no map
    left = Recording.from_spikes(far, SESSION.time, SESSION.spike_times, max_jump_speed=np.inf)
    again = score_recording(spikes_along(left, maps, mean_rate=6.0, generator=0), null="none", bins=20)
    assert (again.score_60 > 0.5).all()
    with pytest.raises(ValueError, match="recording: expected positions with their times, got none"):
        spikes_along(Recording.of(position=SESSION.position, activity=SESSION.position), maps, generator=0)
