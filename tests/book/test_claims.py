"""The list of claims, what is recorded of them, their tables, and saved figures."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

import gridcells
from gridcells.book.claims import (
    Range,
    check_table,
    load_checks,
    load_claims,
    measured_verdicts,
    preset_table,
    record,
    status_table,
    tally,
    verdict_table,
)
from gridcells.book.figures import figures_folder, save_figure, source_commit

ROOT = Path(__file__).parents[2]

LIST = """
[papers]
one = "One et al. 2001"
two = "Two et al. 2002"

[bounds]
near = { relative_tolerance = 0.2, reason = "A fifth." }
most = { at_least = 0.5, reason = "Half." }
as-good = { at_most_times = 1.25, reason = "A quarter more." }

[[figure]]
paper = "one"
figure = "Fig. 1"
shows = "scores & errors"
[[figure.claim]]
id = "one-share"
quantity = "share of units"
statement = "More than half."
source_tag = "text"
place = "p. 3"
at_least = 0.5
chapter = "03_here"
preset = "small"
formerly = ["one-half"]
[[figure.claim]]
id = "one-error"
quantity = "decoding error"
statement = "About 10 cm."
source_tag = "quoted"
quoted_by = ["Three et al. 2003"]
unread = "Behind a wall."
unit = "m"
value = 0.1
bound = "near"
in_words = true
note = "Read off."

[[figure]]
paper = "two"
figure = "Fig. 2"
shows = "the null"
[[figure.claim]]
id = "two-null"
quantity = "share of units"
statement = "More than noise."
source_tag = "recalled"
unread = "Lost."
also = [{ paper = "one", figure = "Fig. 1", source_tag = "code", place = "two.py" }]
at_least = 0.5
at_most = 0.9
exceeds_null = true
digits = 2

[[check]]
id = "check-own"
quantity = "share of walls"
statement = "Half."
bound = "most"
exact = true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "claims.toml").write_text(LIST)
    return tmp_path


def edited(folder: Path, old: str, new: str) -> Path:
    path = folder / "claims.toml"
    assert old in LIST
    path.write_text(LIST.replace(old, new, 1))
    return path


# ---- the list -------------------------------------------------------------------------------------------------------


def test_ranges_hold_their_ends_and_say_what_they_are():
    assert 0.08 in Range(0.08, 0.12, 0.1) and 0.1201 not in Range(0.08, 0.12, 0.1)
    assert str(Range(0.08, 0.12, 0.1)) == "0.1 ± 0.02"
    assert str(Range(3, 3, 3.0)) == "3"
    assert str(Range(high=0.1)) == "at most 0.1"
    assert str(Range(high=0.2, value=0.16)) == "at most 0.2 (published 0.16)"
    assert str(Range(0.99, 1.15)) == "0.99 to 1.15"


def test_load_claims_reads_targets_bounds_and_every_source(folder):
    claims = load_claims(folder / "claims.toml")
    assert list(claims) == ["one-share", "one-error", "two-null"]
    error = claims["one-error"]
    assert (error.target.low, error.target.high) == pytest.approx((0.08, 0.12)) and error.because == "A fifth."
    assert error.source == "One et al. 2001, Fig. 1" and error.sources[0].shows == "scores & errors" and error.in_words
    assert error.expectation == "0.1 ± 0.02 m" and not error.is_read
    shared = claims["two-null"]
    assert shared.expectation == "0.5 to 0.9 and more than the null"
    assert shared.source == "Two et al. 2002, Fig. 2; One et al. 2001, Fig. 1" and shared.papers == ("two", "one")
    assert shared.source_tag == "code" and shared.is_read  # the best of its sources
    (check,) = load_checks(folder / "claims.toml").values()
    assert check.is_check and check.target == Range(low=0.5) and check.source == "a check of this book"


@pytest.mark.parametrize(
    ("bound", "expectation"),
    [
        ("tolerance = 0.03", "0.1 ± 0.03 m"),
        ("at_most_times = 1.25", "at most 0.125 (published 0.1) m"),
        ("at_least_times = 0.5", "at least 0.05 (published 0.1) m"),
    ],
)
def test_a_bound_says_how_near_is_near_enough(folder, bound, expectation):
    path = edited(folder, "relative_tolerance = 0.2", bound)
    assert load_claims(path)["one-error"].expectation == expectation


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('unit = "m"', 'unitt = "m"', r"claim one-error: unknown key 'unitt' \(did you mean 'unit'\?\)"),
        ('source_tag = "quoted"', 'source_tag = "quote"', r"source_tag: expected one of .*got 'quote' \(did you mean"),
        ('paper = "two"', 'paper = "tow"', r"paper: expected one of one, two, got 'tow' \(did you mean 'two'\?\)"),
        ('statement = "More than half."\n', "", "claim one-share: missing statement"),
        ('id = "two-null"', 'id = "one-share"', "claim one-share: the id 'one-share' is taken already"),
        ('id = "two-null"', 'id = "one-half"', "the id 'one-half' is taken already"),
        ('id = "two-null"', 'id = "two/null"', "id: expected lower-case letters"),
        ('bound = "near"', 'bound = "most"', "claim one-error: expected value with a bound that has a tolerance"),
        ('bound = "near"', 'bound = "nere"', r"bound: expected one of .*got 'nere' \(did you mean 'near'\?\)"),
        ('bound = "near"\n', "", "claim one-error: expected value with a bound that has a tolerance"),
        ("relative_tolerance = 0.2", "relative_tolerance = -0.2", "relative_tolerance: expected a bound of at least 0"),
        (', reason = "A fifth."', "", "bound near: missing reason"),
        ("at_most = 0.9", "at_most = 0.4", "at_least, at_most or both in order"),
        ("at_most = 0.9", "at_most = nan", "expected a finite number, got at_most = nan"),
        ("in_words = true", 'in_words = "yes"', "in_words: expected bool, got 'yes'"),
        ("digits = 2", "in_words = true", "bound: expected one of .bounds. where no paper states the bound"),
        ('figure = "Fig. 2"\n', "", "missing figure"),
        ('figure = "Fig. 1", source_tag', 'figure = "Fig. 9", source_tag', "also: no figure 'Fig. 9' of 'one'"),
        ('place = "p. 3"\n', "", "claim one-share: place: expected where in one the value was read"),
        ('unread = "Behind a wall."\n', "", "unread: expected why a value that is quoted was not read"),
        ('quoted_by = ["Three et al. 2003"]\n', "", "quoted_by: expected who quotes the value"),
        ("[papers]", "[papers", "claims.toml: not TOML"),
    ],
)
def test_load_claims_refuses_a_bad_entry_and_names_it(folder, old, new, message):
    with pytest.raises(ValueError, match=message):
        load_claims(edited(folder, old, new))


def test_the_projects_own_list_is_whole():
    claims = load_claims(ROOT / "figures" / "claims.toml")
    assert {entry.paper for entry in claims.values()} >= {
        "banino2018", "sorscher2019", "sorscher2023", "schaeffer2022", "schaeffer2023b", "dordek2016", "gardner2022"
    }  # fmt: skip
    figures = {s.figure for entry in claims.values() for s in entry.sources if s.paper == "sorscher2023"}
    assert figures >= {f"Fig. {name}" for name in (1, 2, 3, 4, 5, 6, 7, "S2")}
    share = claims["sorscher2023-s2-above-0.3"]
    assert share.target == Range(low=0.5) and share.source_tag == "text" and share.preset == "laptop"
    checks = load_checks(ROOT / "figures" / "claims.toml")
    assert checks["check-floor-dos-12-2"].target.value == 6.143 and not set(checks) & set(claims)
    for entry in (*claims.values(), *checks.values()):
        assert entry.digits >= 2 and re.fullmatch(r"(\d\d_[a-z0-9_]+)?", entry.chapter), entry.id
        # what is kept of a measurement must resolve the target's tolerance
        width, value = entry.target.high - entry.target.low, entry.target.value
        if value and 0 < width < np.inf:
            assert 10 ** (np.floor(np.log10(abs(value))) + 1 - entry.digits) <= width / 2 + 1e-12, entry.id


def test_no_number_is_listed_twice():
    said: dict[tuple, str] = {}
    for entry in load_claims(ROOT / "figures" / "claims.toml").values():
        key = (entry.quantity, entry.target, entry.preset)
        assert key not in said, f"{entry.id} repeats {said.get(key)}"
        said[key] = entry.id


def test_chapters_named_in_the_list_exist_and_nothing_is_recorded_for_an_unknown_claim():
    path = ROOT / "figures" / "claims.toml"
    listed = {**load_claims(path), **load_checks(path)}
    written = {path.stem for path in (ROOT / "book").glob("*.ipynb")}
    if written:
        assert {entry.chapter for entry in listed.values()} - {""} <= written
    for path in (ROOT / "figures" / "measured").glob("*.json"):
        assert path.stem in listed
        assert measured_verdicts(listed[path.stem], ROOT / "figures")


# ---- recording ------------------------------------------------------------------------------------------------------


def test_record_prints_the_verdict_and_writes_rounded_values(folder):
    verdict = record("one-share", torch.tensor([0.71234, 0.75, 0.7]), preset="small", seeds=range(3), folder=folder)
    assert repr(verdict) == (
        "reproduced: share of units = 0.721 (0.677 to 0.765, 3 seeds) "
        "[small; paper: at least 0.5; One et al. 2001, Fig. 1]"
    )
    assert json.loads((folder / "measured" / "one-share.json").read_text()) == {
        "small": {"measured": [0.712, 0.75, 0.7], "null": None, "seeds": [0, 1, 2], "gridcells": gridcells.__version__}
    }


def test_record_takes_one_number_for_all_seeds_and_shows_unit_and_null(folder):
    verdict = record("one-error", 0.123456, preset="p", seeds=np.arange(5), null=0.5, folder=folder)
    assert repr(verdict).startswith(
        "undecided: the published value is quoted, not read; one seed: decoding error = 0.123 m, null 0.5 "
        "[p; paper in words: 0.1 ± 0.02 m;"
    )


def test_record_knows_a_claim_by_its_former_name_and_a_check(folder):
    verdict = record("one-half", [0.7, 0.71], preset="small", seeds=range(2), folder=folder)
    assert verdict.claim.id == "one-share" and (folder / "measured" / "one-share.json").is_file()
    check = record("check-own", 0.5, preset="walls", seeds=0, folder=folder)
    assert check.outcome == "holds" and record("check-own", 0.4, preset="w", seeds=0, folder=folder).outcome == (
        "does not hold"
    )


def test_a_share_of_networks_has_its_binomial_interval_on_file_too(folder):
    given = record("one-share", 1.0, preset="small", seeds=0, networks=6, folder=folder)
    (read,) = measured_verdicts(load_claims(folder / "claims.toml")["one-share"], folder)
    assert given == read and given.outcome == "reproduced" and given.summary == "1 (0.607 to 1, 6 networks)"
    assert json.loads((folder / "measured" / "one-share.json").read_text())["small"]["networks"] == 6
    assert record("one-share", 1.0, preset="small", seeds=0, networks=3, folder=folder).outcome == "undecided"
    assert json.loads((folder / "measured" / "one-share.json").read_text())["small"]["networks"] == 3


def test_the_verdict_on_file_is_the_verdict_given_even_at_a_rounded_edge(folder):
    given = record("two-null", [0.49951, 0.49952], preset="p", seeds=range(2), null=0.1, folder=folder)
    (read,) = measured_verdicts(load_claims(folder / "claims.toml")["two-null"], folder)
    assert given == read and given.outcome == "reproduced" and given.measured == (0.5, 0.5)


def test_record_rewrites_only_what_differs(folder):
    path = folder / "measured" / "one-share.json"
    record("one-share", [0.51234, 0.55], preset="small", seeds=[0, 1], folder=folder)
    path.write_text(path.read_text().replace(gridcells.__version__, "0.0.1"))
    record("one-share", [0.51228, 0.55], preset="small", seeds=[0, 1], folder=folder)  # the same to three digits
    assert "0.0.1" in path.read_text()
    record("one-share", [0.511, 0.55], preset="small", seeds=[0, 1], folder=folder)
    assert "0.0.1" not in path.read_text() and "0.511" in path.read_text()


def test_presets_stand_beside_each_other(folder):
    record("one-share", 0.6, preset="large", seeds=0, folder=folder)
    record("one-share", 0.3, preset="small", seeds=0, folder=folder)
    recorded = json.loads((folder / "measured" / "one-share.json").read_text())
    assert {name: entry["measured"] for name, entry in recorded.items()} == {"large": [0.6], "small": [0.3]}
    table = preset_table(folder=folder)
    assert table.header == ("What is measured", "Paper", "large", "small")
    assert table.rows == (("share of units", "at least 0.5", "0.6: undecided", "0.3: undecided"),)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"claim_id": "one-shared"}, r"claim_id: no claim 'one-shared' in claims.toml \(did you mean 'one-share'\?\)"),
        ({"measured": [0.1, 0.2]}, r"measured: expected one number, or one for each of 3 seeds, got shape \(2,\)"),
        ({"measured": [0.1, np.nan, 0.2]}, r"measured: expected finite numbers, got \[0.1, nan, 0.2\]"),
        ({"null": np.inf}, "null: expected finite numbers"),
        ({"preset": ""}, "preset: expected the name of one, got ''"),
        ({"preset": "../up"}, "preset: expected the name of one"),
        ({"seeds": [0, 1.5, 2]}, "seeds: expected a whole number of at least 0, got 1.5"),
        ({"seeds": [], "measured": 0.5}, "measured: expected one number, or one for each of 0 seeds"),
        ({"networks": 0}, "networks: expected a whole number of at least 1, got 0"),
        ({"networks": 4, "measured": 1.5}, r"measured: expected one share of 4 networks, got \[1.5\]"),
        ({"networks": 4, "measured": [0.1, 0.2, 0.3]}, "measured: expected one share of 4 networks"),
    ],
)
def test_record_refuses_bad_input_and_writes_nothing(folder, call, message):
    arguments = {"claim_id": "one-share", "measured": 0.5, "preset": "small", "seeds": [0, 1, 2], **call}
    with pytest.raises(ValueError, match=message):
        record(**arguments, folder=folder)
    assert not (folder / "measured").exists()


def test_a_file_that_record_did_not_write_is_refused_by_name(folder):
    record("one-share", 0.5, preset="small", seeds=0, folder=folder)
    (folder / "measured" / "one-share.json").write_text('{"small": {"measured": [0.5]')
    with pytest.raises(ValueError, match=r"one-share.json: not a file of recorded values"):
        record("one-share", 0.6, preset="small", seeds=0, folder=folder)
    (folder / "measured" / "one-share.json").write_text('{"small": 0.5}')
    with pytest.raises(ValueError, match=r"one-share.json: not a file of recorded values"):
        status_table(folder=folder)


def test_record_elsewhere_uses_the_projects_list(folder, tmp_path, monkeypatch):
    project = tmp_path / "project"
    (project / "book").mkdir(parents=True)
    (project / "figures").mkdir()
    (project / "figures" / "claims.toml").write_text(LIST)
    monkeypatch.chdir(project / "book")
    record("one-share", 0.5, preset="small", seeds=0)
    record("one-share", 0.7, preset="small", seeds=0, folder=tmp_path / "rerun")
    assert "0.5" in (project / "figures" / "measured" / "one-share.json").read_text()
    assert "0.7" in (tmp_path / "rerun" / "measured" / "one-share.json").read_text()
    assert load_claims().keys() == load_claims(folder / "claims.toml").keys()


# ---- the tables -----------------------------------------------------------------------------------------------------


def statuses(folder: Path) -> list[str]:
    return [row[-1] for row in status_table(folder=folder).rows]


def test_the_status_of_a_figure_counts_its_claims(folder):
    assert statuses(folder) == ["3 untested", "1 untested"]  # one of them stands in both figures
    record("one-share", [0.6, 0.61], preset="small", seeds=range(2), folder=folder)
    assert statuses(folder) == ["1 reproduced, 2 untested", "1 untested"]
    record("one-error", [0.9, 0.91], preset="small", seeds=range(2), folder=folder)
    assert statuses(folder)[0] == "1 reproduced, 1 undecided, 1 untested"
    record("two-null", [0.1, 0.11], preset="small", seeds=range(2), null=0.3, folder=folder)
    assert statuses(folder) == ["1 reproduced, 1 not reproduced, 1 undecided", "1 not reproduced"]
    assert tally(folder).rows == (
        ("One et al. 2001", "1", "1", "1", "0", "0"),
        ("Two et al. 2002", "0", "1", "0", "0", "0"),
        ("all", "1", "1", "1", "0", "0"),
    )


def test_the_named_preset_decides_and_without_one_all_must_agree(folder):
    record("one-share", [0.9, 0.91], preset="other", seeds=range(2), folder=folder)
    assert statuses(folder)[0] == "3 untested"  # the claim names "small"
    record("two-null", [0.6, 0.61], preset="a", seeds=range(2), null=0.1, folder=folder)
    assert statuses(folder)[1] == "1 reproduced"
    record("two-null", [0.2, 0.21], preset="b", seeds=range(2), null=0.1, folder=folder)
    (row,) = status_table("claim", paper="two", folder=folder).rows
    assert row[2:4] == ("0.5 to 0.9 and more than the null [code]", "Fig. 1: two.py")
    assert row[5] == "undecided: it depends on the preset"


def test_the_table_is_text_and_escaped_html(folder):
    table = status_table(folder=folder)
    assert repr(table).splitlines() == [
        "Figure                   What it shows    Chapter  Status",
        "-----------------------  ---------------  -------  ----------",
        "One et al. 2001, Fig. 1  scores & errors  03_here  3 untested",
        "Two et al. 2002, Fig. 2  the null         –        1 untested",
    ]
    assert "<td>scores &amp; errors</td><td>03_here</td>" in table._repr_html_()


def test_the_table_narrows_to_a_paper_or_a_chapter(folder):
    assert len(status_table(paper="two", folder=folder).rows) == 1
    assert [row[1] for row in status_table("claim", chapter="03_here", folder=folder).rows] == ["share of units"]
    (row,) = status_table(chapter="03_here", folder=folder).rows
    assert row[-1] == "3 untested"  # a figure's status counts all its claims
    with pytest.raises(ValueError, match=r"paper: expected one of 'one', 'two', got 'tow' \(did you mean 'two'\?\)"):
        status_table(paper="tow", folder=folder)
    with pytest.raises(ValueError, match="by: expected one of 'figure', 'claim'"):
        status_table("figures", folder=folder)


def test_checks_stand_apart_and_two_names_of_one_claim_give_one_row(folder):
    record("check-own", 0.5, preset="walls", seeds=0, folder=folder)
    assert check_table(folder).rows == (("share of walls", "walls", "at least 0.5", "0.5", "holds"),)
    assert all("walls" not in row[1] for row in status_table("claim", folder=folder).rows)
    twice = [
        record(name, [0.6, 0.7], preset="small", seeds=range(2), folder=folder) for name in ("one-share", "one-half")
    ]
    assert len(verdict_table(twice).rows) == 1


# ---- saved figures --------------------------------------------------------------------------------------------------


@pytest.fixture
def figure():
    figure, ax = plt.subplots()
    ax.plot([0, 1])
    yield figure
    plt.close(figure)


def test_a_saved_figure_knows_the_run_that_made_it_and_is_the_same_every_time(tmp_path, figure):
    saved = save_figure(figure, "sorscher2023/figS2_scores", preset="laptop", seed="0-4", folder=tmp_path)
    assert repr(saved) == "saved sorscher2023/figS2_scores.png and .pdf"
    assert saved.png == tmp_path / "sorscher2023" / "figS2_scores.png"
    with Image.open(saved.png) as image:
        told = image.text
    assert told["Title"] == "sorscher2023/figS2_scores"
    for part in ("preset laptop", "seed 0-4", f"gridcells {gridcells.__version__}", f"torch {torch.__version__}",
                 f"numpy {np.__version__}", "matplotlib ", "commit "):  # fmt: skip
        assert part in told["Description"]
    pdf = saved.pdf.read_bytes()
    assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf
    subject = re.search(rb"/Subject \((.*?)(?<!\\)\)", pdf, re.S)
    assert subject and subject[1].decode("latin-1").replace("\\", "") == told["Description"]
    before = saved.png.read_bytes(), pdf
    save_figure(figure, "sorscher2023/figS2_scores", preset="laptop", seed="0-4", folder=tmp_path)
    assert (saved.png.read_bytes(), saved.pdf.read_bytes()) == before
    assert sorted(path.name for path in saved.png.parent.iterdir()) == ["figS2_scores.pdf", "figS2_scores.png"]


def test_a_saved_figure_is_laid_out_once(tmp_path):
    figure, ax = plt.subplots(layout="constrained")
    save_figure(figure, "sorscher2023/figS2_scores", preset="laptop", seed=0, folder=tmp_path)
    saved = ax.get_position().bounds
    ax.set_ylabel("of two\nlines")
    figure.draw_without_rendering()
    assert ax.get_position().bounds == saved
    plt.close(figure)


@pytest.mark.parametrize("name", ["figS2", "a/b/c", "../up/fig", "sorscher2023/fig.png", "/tmp/fig", 3])
def test_a_figure_is_named_paper_slash_figure(tmp_path, figure, name):
    with pytest.raises(ValueError, match='name: expected "paper/figure"'):
        save_figure(figure, name, preset="laptop", seed=0, folder=tmp_path)


def test_only_figures_are_saved(tmp_path, figure):
    with pytest.raises(TypeError, match="figure: expected a matplotlib Figure, got Axes"):
        save_figure(figure.axes[0], "a/b", preset="laptop", seed=0, folder=tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, figure):
    (tmp_path / "paper").write_text("a file in the way")
    with pytest.raises(OSError, match="folder: expected a folder that can be written"):
        save_figure(figure, "paper/fig", preset="laptop", seed=0, folder=tmp_path)


def test_figures_folder_is_found_from_below_and_missed_clearly(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT / "tests")
    assert figures_folder() == ROOT / "figures"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no figures/claims.toml in .* or above it: run inside the project"):
        figures_folder()
    with pytest.raises(FileNotFoundError, match=r"folder: no claims.toml in nowhere"):
        figures_folder("nowhere")


def test_the_commit_is_that_of_tracked_sources_only(tmp_path):
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    source, stranger = tmp_path / "source.py", tmp_path / "stranger.py"
    source.write_text("a = 1\n")
    stranger.write_text("b = 1\n")
    assert source_commit(source) == "unknown"
    git("init")
    git("add", "source.py")
    git("commit", "-m", "first")
    assert source_commit(source) == git("rev-parse", "HEAD")
    assert source_commit(stranger) == "unknown"
    source.write_text("a = 2\n")
    assert source_commit(source) == git("rev-parse", "HEAD") + "-dirty"


def test_what_says_the_same_without_its_null_does_not_replace_what_has_it(folder):
    full = {"preset": "small", "seeds": range(3), "folder": folder}
    record("two-null", [0.6, 0.7, 0.65], null=[0.2, 0.3, 0.2], **full)
    kept = (folder / "measured" / "two-null.json").read_text()
    assert record("two-null", [0.6, 0.7, 0.65], **full).null is None  # of what was just measured
    record("two-null", 0.7, preset="small", seeds=1, folder=folder)
    assert (folder / "measured" / "two-null.json").read_text() == kept
    record("two-null", 0.71, preset="small", seeds=1, folder=folder)  # another value: what was kept is out of date
    (verdict,) = measured_verdicts(load_claims(folder / "claims.toml")["two-null"], folder)
    assert verdict.measured == (0.71,) and verdict.null is None
