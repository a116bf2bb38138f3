"""More than one recording, or more than one unit at a time: modules of spacings, and maps of two sessions."""

from __future__ import annotations

import numpy as np

from gridcells.recordings.mapping import OUTSIDE, map_recording
from gridcells.recordings.recording import Recording
from gridcells.recordings.table import ScoreTable
from gridcells.scores.scales import ScaleClusters, cluster_scales
from gridcells.scores.stability import map_correlation

__all__ = ["compare_recordings", "mapped_alike", "spacing_modules"]

FEWEST = 8  # grid cells
MOST_OUTSIDE = 0.2  # share of a second session's samples outside the box of the first
EACH = 4  # grid cells a module at least, so that so many modules are tried


def spacing_modules(
    table: ScoreTable, *, p_value: float = 0.05, score: float = 0.3, generator: np.random.Generator | int
) -> ScaleClusters | None:
    """Cluster the spacings of a recording's grid cells into modules.

    Parameters
    ----------
    table : ScoreTable
        Scores.
    p_value, score : float
        A grid cell is below this p-value (with a null) and above this grid score.
    generator : numpy.random.Generator or int
        Where the fits start, or a seed for it.

    Returns
    -------
    ScaleClusters or None
        The clusters, ``label`` with one entry a unit (-1: no grid cell); None for fewer than eight grid cells, or
        spacings all alike.

    Notes
    -----
    Source: Stensola et al. 2012 (modules); `cluster_scales`. As many modules are tried as leave four cells to each.

    Examples
    --------
    >>> from gridcells.recordings.table import score_recording
    >>> from gridcells.scores.lattices import lattice_maps
    >>> from gridcells.world.arenas import Rectangle
    >>> spacing = np.r_[np.linspace(0.40, 0.44, 8), np.linspace(0.68, 0.72, 8)]
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), spacing, bins=40)
    >>> table = score_recording(Recording.of(rate_maps=maps, bin_size=0.055), null="none")
    >>> spacing_modules(table, generator=0).mean.round(1)
    array([0.4, 0.7])
    """
    grids = (table.score_60 > score) & np.isfinite(table.spacing)
    if np.isfinite(table.p_value).any():
        grids &= table.p_value < p_value
    known = table.spacing[grids]
    if len(known) < FEWEST or not np.ptp(known) > 1e-9 * known.mean():
        return None
    most = max(1, min(8, len(known) // EACH))
    return cluster_scales(np.where(grids, table.spacing, np.nan), components=range(1, most + 1), generator=generator)


def compare_recordings(first: Recording, second: Recording, **options: object) -> dict[str, float]:
    """Return the correlation of each unit's maps in two sessions, by the unit's name.

    Parameters
    ----------
    first, second : Recording
        Two sessions; units of one name are one unit. The second is mapped in the box and bins of the first.
    **options
        As for `map_recording`.

    Returns
    -------
    dict of str to float
        Pearson correlations over the bins that both visited.

    Raises
    ------
    ValueError
        If no unit is in both, maps that are given have other bins, or the second animal was for the most part outside
        the box of the first.

    Notes
    -----
    Source: see `map_correlation`.

    Examples
    --------
    >>> maps = np.random.default_rng(0).random((2, 20, 20))
    >>> one, other = Recording.of(rate_maps=maps, unit=["a", "b"]), Recording.of(rate_maps=maps, unit=["b", "a"])
    >>> {name: round(value, 1) for name, value in compare_recordings(one, other).items()}["a"] < 0.2
    True
    """
    shared = [name for name in first.unit if name in second.unit]
    if not shared:
        raise ValueError(f"second: expected some of the units {', '.join(first.unit)}, got {', '.join(second.unit)}")
    one = map_recording(first, **options)  # type: ignore[arg-type]
    other = mapped_alike(one, second, **options)
    assert one.rate_maps is not None and other.rate_maps is not None
    places = [[each.unit.index(name) for name in shared] for each in (one, other)]
    correlation = map_correlation(one.rate_maps[places[0]], other.rate_maps[places[1]])
    return dict(zip(shared, correlation.tolist(), strict=True))


def mapped_alike(first: Recording, second: Recording, **options: object) -> Recording:
    """Return a second session with maps in the box and bins of the first; a track in as many bins of its own length.

    Parameters
    ----------
    first, second : Recording
        The first with maps. A second that has maps keeps them.
    **options
        As for `map_recording`.

    Raises
    ------
    ValueError
        If the second animal was for the most part outside the box of the first, or on no track where the first was.
    """
    if second.rate_maps is not None or first.rate_maps is None:
        return second
    bins = (first.rate_maps.shape[1], first.rate_maps.shape[2])
    track = first.hygiene is not None and first.hygiene.shape == "track"
    place = {"bins": bins} | ({} if track else {"bounds": first.bounds, "outside": "ignore"})
    other = map_recording(second, **options | place)  # type: ignore[arg-type]
    assert other.hygiene is not None and other.position is not None
    if track:
        if not any(note.startswith("position: a track") for note in other.hygiene.notes):
            raise ValueError("second: expected a session on a track, as the first, got one in a box")
        return other
    out, inside = other.hygiene.samples_left_out.get(OUTSIDE, 0), len(other.position)
    if out > MOST_OUTSIDE * (inside + out):
        raise ValueError(
            f"second: expected a session in the box of the first, {first.bounds}, got {out / (inside + out):.1%} of "
            "the samples outside: was the camera moved, or is the unit another?"
        )
    return other
