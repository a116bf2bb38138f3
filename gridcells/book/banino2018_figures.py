"""The figures of Banino et al. 2018, supervised part: each a function of one study, for chapters and command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from gridcells import plots
from gridcells._common.files import writable_folder
from gridcells.book.figures import save_figure
from gridcells.mechanism.banino2018 import LSTMStudy

__all__ = ["FIGURES", "PUBLISHED_SHARES", "save_all"]

PUBLISHED_SHARES = {"grid": 0.252, "border": 0.087, "head_direction": 0.102, "conjunctive": 0.11}
"""Shares of 512 linear units, and of the grid units that is conjunctive, as quoted from Banino et al. 2018."""


def architecture(study: LSTMStudy) -> Figure:
    """Draw Fig. 1a: what goes in, what it passes through, what comes out."""
    network, ensembles = study.task.preset.network, study.task.preset.ensembles
    return plots.plot_architecture(
        units=network.units,
        linear_units=network.linear_units,
        place_cells=ensembles.place_cells,
        head_direction_cells=ensembles.head_direction_cells,
        dropout=network.dropout,
    ).get_figure()  # type: ignore[return-value]


def decoded_path(study: LSTMStudy) -> Figure:
    """Draw Fig. 1b: a path of median error, and where the network believes to be."""
    return plots.plot_decoded_path(*study.example, study.task.preset.arena).get_figure()  # type: ignore[return-value]


def error_over_time(study: LSTMStudy) -> Figure:
    """Draw Fig. 1c: how the error grows along a path, before and after training, above the floor of the read-out."""
    ax = plots.plot_error_over_time(study.time, study.errors, floor=study.decoding_floor)
    return ax.get_figure()  # type: ignore[return-value]


def final_errors(study: LSTMStudy) -> Figure:
    """Draw the errors at the end of the paths, before and after training, from which the effect size is computed."""
    final = {name: 100 * errors[:, -1] for name, errors in study.errors.items()}
    words = f"decoding error after {study.time[-1]:.3g} s (cm)"
    ax = plots.plot_distributions(final, xlabel=words, ylabel="paths")
    ax.set_title(f"effect size d = {study.effect_size:.2f}")
    return ax.get_figure()  # type: ignore[return-value]


def best_units(study: LSTMStudy) -> Figure:
    """Draw the sixteen units of highest grid score, the ring that gave it drawn into the autocorrelogram."""
    return _sheet(study, units=16, columns=8)


def unit_kinds(study: LSTMStudy) -> Figure:
    """Draw Fig. 1d as shares: kinds of units under the paper's, the shuffles' and the matched null's thresholds."""
    shares = {name: kinds.shares() for name, kinds in study.types.items()}
    known = {
        name: {kind: 0.0 if value != value else value for kind, value in of.items()} for name, of in shares.items()
    }
    return plots.plot_unit_shares(known, paper=PUBLISHED_SHARES).get_figure()  # type: ignore[return-value]


def scales(study: LSTMStudy) -> Figure:
    """Draw Fig. 1e: the spacings of the grid units and their clusters."""
    if not len(study.spacing):
        return _nothing("no grid unit with a spacing")
    means = () if study.clusters is None else study.clusters.mean
    return plots.plot_scales(study.spacing, means=means).get_figure()  # type: ignore[return-value]


def directions(study: LSTMStudy) -> Figure:
    """Draw Fig. 1f: where the head-direction units point."""
    if not len(study.directions[0]):
        return _nothing("no head-direction unit")
    preferred = study.task.head_direction_cells.preferred
    return plots.plot_directions(*study.directions, targets=preferred).get_figure()  # type: ignore[return-value]


def conjunctive_units(study: LSTMStudy) -> Figure:
    """Draw Fig. 1g: grid score against resultant vector length."""
    population, paper = study.population, study.thresholds[0]
    return plots.plot_unit_scatter(
        population.scores.score_60, population.direction.length, grid=paper.grid, direction=paper.resultant
    ).get_figure()  # type: ignore[return-value]


FIGURES: dict[str, Callable[[LSTMStudy], Figure]] = {
    "fig1a_architecture": architecture,
    "fig1b_decoded_path": decoded_path,
    "fig1c_error_over_time": error_over_time,
    "fig1c_final_errors": final_errors,
    "fig1d_best_units": best_units,
    "fig1d_unit_kinds": unit_kinds,
    "fig1e_scales": scales,
    "fig1f_directions": directions,
    "fig1g_conjunctive_units": conjunctive_units,
}
"""Every figure by the name of its file."""


def save_all(study: LSTMStudy, folder: Path, *, preset: str, seed: int) -> list[Path]:
    """Write every figure as PNG and PDF, and the sheet of all units.

    Parameters
    ----------
    study : LSTMStudy
        The network.
    folder : pathlib.Path
        Figures go to ``banino2018`` in it.
    preset : str
        The run's preset, for the figures' metadata.
    seed : int
        The run's seed.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    written: list[Path] = []
    for name, draw in FIGURES.items():
        figure = draw(study)
        saved = save_figure(figure, f"banino2018/{name}", preset=preset, seed=seed, folder=folder)
        plt.close(figure)
        written += [saved.png, saved.pdf]
    path = writable_folder(folder / "banino2018") / plots.SHEET
    population, arena = study.population, study.task.preset.arena
    return [*written, plots.sheet_of_all_units(population.rate_maps, population.scores, arena, path)]


def _nothing(why: str) -> Figure:
    """Draw a figure that says why it is empty."""
    figure, ax = plt.subplots(figsize=(3.4, 1.2))
    ax.text(0.5, 0.5, why, ha="center", va="center")
    ax.axis("off")
    return figure


def _sheet(study: LSTMStudy, *, units: int, columns: int) -> Figure:
    scores = study.population.scores
    return plots.plot_rate_map_sheet(
        study.population.rate_maps,
        scores.autocorrelogram,
        scores.score_60,
        study.task.preset.arena,
        rings=scores.ring_60,
        units=units,
        columns=columns,
    )
