"""Every chapter runs with other parameters than the book's, and draws and measures what the book does.

That each imports of the library what it uses is shown by the comparison with the committed outputs (`make rerun`).
"""

from __future__ import annotations

import json

import chapters
import pytest
from forked import forked_kernels

from gridcells.book.chapters import FOLDER, book_chapters
from gridcells.book.reruns import rerun

# What makes a chapter small, as it would be typed after -p. A chapter that is not named runs with seed 1.
SMALL = {
    "01_what_this_book_is": "folder=../figures",
    "02_the_task": "preset=lattice seed=1 walks=200 steps=40",
    "03_grid_cells_from_path_integration": "seed=1 steps=20 units=32 shipped_seeds=[1]",
    "04_what_a_grid_score_measures": "preset=small seed=1 threshold=0.3 shuffles=2 null_maps=50",
    "05_an_lstm_learns_where_it_is": "preset=banino_laptop seed=1 others={} right_angle=[] paths=100",
    "06_what_the_units_of_the_lstm_do": "preset=banino_laptop seed=1 others={} right_angle=[] shuffles=5",
    "07_controls_of_the_lstm": """signed=banino_laptop earlier={"dropout":0} seeds=[1] variants=[] """
    """square=banino_laptop square_seeds=[0] mapped=1000""",
    "08_the_spectrum_of_place_cells": "width=0.15 surround_ratio=3 cells=64 box=2 seed=1",
    "09_pattern_formation": "width=0.15 surround_ratio=3 bins=40 cells=8 draws=2 steps=50 several=8 side=12 "
    "several_steps=100 runs=1 seed=1",
    "10_the_emergence_table": """shown=3 networks=["rnn"] lost=0.2""",
    "11_the_explorer": "width=0.2 surround_ratio=4 box=2 cells=4 widths=[0.15] ratios=[2.0]",
    "12_a_network_becomes_an_attractor": "seed=1 shipped_seeds=[1] side=8 film_steps=20 film_every=10",
    "13_how_velocity_moves_the_bump": """seed=1 sheet_side=32 speed=0.4 seconds=0.3 """
    """presets=["lattice"] factors=[0.5,1.0] shipped_seeds=[1,2] mixed_seeds=[6,7]""",
    "14_what_the_grid_is_for": """seed=1 silenced=60 steps=3 repeats=1 samples=1000 noise=0.2 presets=["lattice"] """
    """shipped_seeds=[1,2] excursion_seeds=[0]""",
    "15_a_torus_in_the_data": """seed=1 points=300 shuffles=2 control_points=250 control_shuffles=1 """
    """presets=["lattice"] shipped_seeds=[1]""",
    "16_which_targets_give_grids": "within=0.05 level=0.9",
    "17_targets_with_many_fields": "cells=64",
    "18_how_sensitive_is_it": "number=best_score_60",
    "19_more_than_filtered_noise": 'tables=["sensitivity"] shipped=["laptop"] steps=[600]',
    "20_square_grids": "seeds=[0]",
    "22_an_animal_beside_the_network": "seed=1 shuffles=40 preset=lattice every=24",
    "23_speed_and_size": "held_out=recipe recipe=held_out large=sizes parts=full_size full_size=held_out",
    "24_hexagons_without_integration": """seeds=[1,2] units=8 bins=24 networks=["lattice"] learn=2 groups=6""",
    "25_several_modules": """networks=["lattice"] shipped_seeds=[1] apart=1.3 seeds=[1] units=1900 side=120 """
    "periods=[2,3] arrangements=5",
    "26_what_a_theory_must_give": """networks=["lattice"] shipped_seeds=[1] mixed_seeds=[6] noise=0.2 steps=10 """
    "draws=[1]",
    "27_rooms_of_other_shapes": """rooms=["trapezoid"] seed=6 most=2 shown=2 lattices=3""",
    "28_a_leak_noise_and_a_cost": """rooms=["hexagon"] bare=false seeds=[6,5] shown=2 null_maps=50""",
    "29_two_animals_at_once": "seeds=[6,5] shown=2 null_maps=50 lost=[0,13] drawn=1 paths=60 pairs=150 surrogates=3",
    "31_two_rooms_and_a_door": "kinds=['open','told'] seeds=[5,6] shown=2 displacements=5",
    "30_a_ring_that_aligns_grids": "seeds=[1,2] learn=40 points=120 components=5 shuffles=2 margin=0.1",
    "21_what_we_conclude": 'papers=["schaeffer2023"] presets=["lattice"] shipped_seeds=[0]',
}
CHAPTERS = book_chapters()


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_a_chapter_runs_with_other_parameters(chapter, tmp_path):
    words = SMALL.get(chapter.name, "seed=1").split()
    values = chapter.parse(dict(word.split("=", 1) for word in words))
    assert all(value != chapter.parameters[name].default for name, value in values.items())
    with forked_kernels():
        done = rerun(chapter, values, out=tmp_path)
    cells = [cell for cell in chapters.read(done.notebook).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    (injected,) = (cell.source for cell in cells if "injected-parameters" in cell.metadata.tags)
    assert all(f"{name} = {value!r}" in injected.splitlines() for name, value in values.items())
    drawn = {f"{path.parent.name}/{path.stem}" for path in done.figures}
    assert drawn == chapters.executed(chapter.path)["figures"].keys()
    assert all(json.loads(path.read_text()) for path in done.claims)
    if FOLDER in chapter.parameters and any("claims.record(" in cell.source for cell in cells):
        assert done.claims


def test_small_sets_are_of_chapters_of_the_book():
    assert SMALL.keys() <= {chapter.name for chapter in CHAPTERS}
