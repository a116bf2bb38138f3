"""The border score: does a unit fire along a wall?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from gridcells._common.checks import check_choice, check_positive
from gridcells._common.maps import is_flat, map_range
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps
from gridcells.scores.walls import (
    REACH,
    SEEN,
    Room,
    Walls,
    arena_shape,
    circular_walls,
    room_walls,
    straight_walls,
)

__all__ = ["BORDER_FORMS", "SIDE_FORMS", "border_scores"]

BORDER_FORMS = ("solstad", "relative", "banino", "sorscher_code")
SIDE_FORMS = ("banino", "sorscher_code")  # look at the map's sides alone
STRIP = 3 / 20  # of a side, the strips along the walls of "banino"
HOLE = 0.05  # m from visited bins on both sides, within which an unvisited one parts no field
TOUCHING = np.zeros((3, 3, 3), dtype=bool)  # bins of one unit that share an edge; units do not touch
TOUCHING[1] = [[False, True, False], [True, True, True], [False, True, False]]


def border_scores(
    rate_maps: ArrayLike,
    *,
    bin_size: float | tuple[float, float],
    form: str = "solstad",
    threshold: float = 0.3,
    min_area: float = 0.02,
    arena: str | Room = "auto",
    reach: float = REACH,
) -> np.ndarray:
    r"""Return the border score of each map, from -1 (fires in the middle) to 1 (fires along one whole wall).

    .. math:: b = \frac{c - d}{c + d}

    with c the largest share of any one wall that any one field covers, and d the mean distance of firing in all fields
    from the nearest wall, weighted by the rate, over half of the arena's shorter side.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.
    form : {"solstad", "relative", "banino", "sorscher_code"}
        "relative" takes d relative to chance: the mean distance of the firing in all fields, large or not, over the
        mean distance of the visited bins. A unit that fires everywhere then scores 0 (and exactly 0.5, where border
        cells begin, by the published forms), and fields that are just large enough or just not make no jumps.
        "banino" knows no fields: c is the largest of the mean rates in the strips along the four sides, 3 of 20 bins
        wide, and d the mean rate of the bins in none of them.
        "sorscher_code" is the function that goes with the code of Sorscher et al.: it asks only the FIRST field (in
        reading order) how much of a wall it covers, a loop variable being overwritten; takes the mean of the fields'
        mean distances instead of the mean over all their bins; and counts distances from a bin's far side.
    threshold : float
        Fields are connected bins above this share of the map's highest rate.
    min_area : float
        Fields of at most this area are left out, m².
    arena : {"auto", "rectangle", "circle"} or Polygon
        By default `arena_shape` of the visited bins tells which it is; where it is neither, there is no score, since it
        would depend on which way a field lies. A rectangle's walls lie along the map's sides. A circle has one wall,
        looked at by angle: c is the largest share of any quarter of it that a field covers, and half of the side is the
        radius, so that the score does not depend on the direction in which a field lies. A `Polygon` over whose bounds
        the maps lie has as many walls as lines between corners, and half of the side is the distance of the place that
        is farthest from all of them. The forms of the published code and "banino" look at the map's sides alone.
    reach : float
        How far from the map's side to look for the wall, m, two bins at least: it is the first visited bin of each line
        that leads inwards, since light and tracking often end before the wall does. A wall of which less than half was
        reached does not count. The mode of the published code looks at the map's outermost bins alone.

    Returns
    -------
    numpy.ndarray, [unit]
        Border scores; NaN for a flat map, one without a field that is large enough, one without a wall, and one of an
        arena whose shape is unknown.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin], a value is infinite, or an option is out of its range.

    Notes
    -----
    Source: Solstad et al. 2008, supporting text (fields above 0.3 of the peak and larger than 200 cm²); the search
    inwards is that of the group's later code, the Behavioural Neurology Toolbox; "relative" is ours; "banino" is
    equation 8 of the supplement of Banino et al. 2018, as others quote it. Distances are
    those of bin centres, so that a field one bin wide along a whole wall scores a little less than 1. Holes and
    notches of up to 10 cm in what was visited part no field, but by "sorscher_code". Banino et al. 2018 count a unit
    above 0.5 as a border unit.

    Examples
    --------
    >>> wall, middle = np.zeros((2, 20, 20))
    >>> wall[0], middle[8:12, 8:12] = 1.0, 1.0
    >>> border_scores(np.stack([wall, middle]), bin_size=0.11).round(2)
    array([ 0.9, -1. ])
    """
    maps = check_rate_maps(rate_maps).astype(np.float64)
    size = check_bin_size(bin_size)
    check_choice(form, "form", BORDER_FORMS)
    if isinstance(arena, str):
        check_choice(arena, "arena", ("auto", "rectangle", "circle"))
    if form in SIDE_FORMS and arena not in ("auto", "rectangle"):
        raise ValueError(f"arena: expected 'rectangle' with form {form!r}, which looks at the map's sides alone")
    check_positive(reach, "reach", "m")
    if not 0 < threshold < 1:
        raise ValueError(f"threshold: expected a share of the peak rate between 0 and 1, got {threshold!r}")
    least = check_positive(min_area, "min_area", "m²")
    units, bins_x, bins_y = maps.shape
    visited = ~np.isnan(maps)
    if form == "banino":
        return _strip_scores(maps, visited)
    high = map_range(maps, visited)[1][:, None, None]
    rates = np.where(visited, maps, 0.0)
    varies = ~is_flat(maps, visited)[:, None, None]
    joined = rates if form == "sorscher_code" or visited.all() else _closed(rates, visited, size)
    labels, _ = ndimage.label(varies & (joined > threshold * high), TOUCHING)
    area = np.bincount(labels.ravel())[1:] * size.prod()  # holes in a field are its own
    labels = np.where(visited, labels, 0)
    member = np.flatnonzero(labels)
    field = labels.ravel()[member] - 1  # [member], numbered through all units in reading order
    fields = len(area)
    owner = np.zeros(fields, dtype=np.int64)
    owner[field] = member // (bins_x * bins_y)
    large = area > least

    rate, at = rates.ravel()[member], member % (bins_x * bins_y)
    weight = np.bincount(field, rate, minlength=fields)
    if form == "sorscher_code":
        from_side = [np.minimum(np.arange(1.0, bins + 1), np.arange(bins, 0.0, -1)) for bins in (bins_x, bins_y)]
        distance = np.minimum((from_side[0] * size[0])[:, None], from_side[1] * size[1])  # [bin_x, bin_y] m
        half_side = min(bins_x * size[0], bins_y * size[1]) / 2
        moment = np.bincount(field, rate * distance.ravel()[at], minlength=fields)
        first = np.flatnonzero(large)[np.unique(owner[large], return_index=True)[1]]
        first_cover = np.zeros(units)
        first_cover[owner[first]] = _cover_of_sides(labels, visited, fields)[first]
        number = _per_unit(np.ones(fields), owner, large, units)
        away = _per_unit(moment / np.where(large, weight, 1.0), owner, large, units) / number / half_side
        return (first_cover - away) / (first_cover + away)

    far, cover, known, usual = np.zeros(fields), np.zeros(fields), np.zeros(units, dtype=bool), np.ones(units)
    for walls, round_, group in _walls_of(visited, size, arena, reach):
        known[group] = bool(walls.lines)
        if walls.lines:
            usual[group] = walls.distance[visited[group][0]].mean() / max(walls.half_side, 1e-300)
        mine = group[owner[field]]
        here = np.bincount(field[mine], rate[mine] * walls.distance.ravel()[at[mine]], minlength=fields)
        far = far + here / max(walls.half_side, 1e-300)
        share = _cover_of_rim if round_ else _cover_of_lines
        cover = np.maximum(cover, share(labels.reshape(units, -1)[group], walls, fields))
    covered = np.zeros(units)
    np.maximum.at(covered, owner[large], cover[large])
    covered[~known] = np.nan  # of no walls is no share covered
    if form == "relative":
        has = np.bincount(owner[large], minlength=units) > 0
        every = np.ones(fields, dtype=bool)
        away = _per_unit(far, owner, every, units) / _per_unit(weight, owner, every, units) / usual
        return np.where(known & has, (covered - away) / (covered + away), np.nan)
    away = _per_unit(far, owner, large, units) / _per_unit(weight, owner, large, units)
    return np.where(known, (covered - away) / (covered + away), np.nan)


def _strip_scores(maps: np.ndarray, visited: np.ndarray) -> np.ndarray:
    """Return the largest contrast of a strip along a side and the middle, [unit]; NaN for a flat map."""
    deep = [max(1, round(STRIP * bins)) for bins in maps.shape[1:]]
    middle = np.s_[:, deep[0] : -deep[0], deep[1] : -deep[1]]
    strips = [np.s_[:, : deep[0]], np.s_[:, -deep[0] :], np.s_[:, :, : deep[1]], np.s_[:, :, -deep[1] :]]
    rates = np.where(visited, maps, 0.0)

    def mean(part: tuple[slice, ...]) -> np.ndarray:
        count = visited[part].sum(axis=(1, 2))
        return np.divide(rates[part].sum(axis=(1, 2)), count, out=np.full(len(maps), np.nan), where=count > 0)

    along, inside = np.stack([mean(one) for one in strips]), mean(middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        contrast = (along - inside) / (along + inside)
    known = np.isfinite(contrast).any(axis=0) & ~is_flat(maps, visited)
    return np.where(known, np.nanmax(np.where(np.isfinite(contrast), contrast, -np.inf), axis=0), np.nan)


def _masks(visited: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return every set of visited bins [bin_x, bin_y] that occurs, and which units [unit] have it."""
    if len(visited) and (visited == visited[0]).all():
        return [(visited[0], np.ones(len(visited), dtype=bool))]
    _, which = np.unique(np.packbits(visited.reshape(len(visited), -1), axis=1), axis=0, return_inverse=True)
    groups = [which.ravel() == group for group in range(int(which.max(initial=-1)) + 1)]
    return [(visited[group][0], group) for group in groups]


def _closed(rates: np.ndarray, visited: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the rates with those of the nearest visited bin in holes and notches, [unit, bin_x, bin_y]."""
    closed = rates.copy()
    wide = max(1, round(HOLE / float(size.max())))
    for mask, group in _masks(visited):
        if mask.any() and not mask.all():
            filled = ndimage.binary_closing(np.pad(mask, wide), np.ones((3, 3)), iterations=wide)
            hole = filled[wide:-wide, wide:-wide] & ~mask
            nearest = ndimage.distance_transform_edt(~mask, sampling=size, return_distances=False, return_indices=True)
            closed[np.ix_(group)[0][:, None], *np.nonzero(hole)] = rates[group][:, nearest[0][hole], nearest[1][hole]]
    return closed


def _walls_of(
    visited: np.ndarray, size: np.ndarray, arena: str | Room, reach: float
) -> Iterator[tuple[Walls, bool, np.ndarray]]:
    """Yield the walls of every set of visited bins that occurs, whether they are a rim, and which units [unit] have it.

    An arena of unknown shape has none.
    """
    for mask, group in _masks(visited):
        walls, shape = Walls((), np.zeros(mask.shape), 1.0), arena
        if not isinstance(shape, str):
            walls = room_walls(mask, size, shape, reach) if mask.any() else walls
        elif mask.any():
            shape = arena_shape(mask, bin_size=(float(size[0]), float(size[1]))) if shape == "auto" else shape
            if shape != "other":
                walls = circular_walls(mask, size) if shape == "circle" else straight_walls(mask, size, reach)
        yield walls, shape == "circle" and bool(walls.lines), group


def _cover_of_lines(labels: np.ndarray, walls: Walls, fields: int) -> np.ndarray:
    """Return the largest share of a wall's lines that each field covers, [field]; labels are [unit, bin]."""
    largest = np.zeros(fields)
    for line in walls.lines:
        bins = line[line >= 0]
        number = np.bincount(labels[:, bins].ravel(), minlength=fields + 1)[1:]
        largest = np.maximum(largest, number / len(bins))
    return largest


def _cover_of_rim(labels: np.ndarray, walls: Walls, fields: int) -> np.ndarray:
    """Return the largest share of any quarter of a rim that each field covers, [field]; labels are [unit, bin]."""
    [rim] = walls.lines
    quarter = len(rim) // 4
    seen = (rim >= 0).astype(np.int64)
    touched = np.where(rim >= 0, labels[:, rim], 0)
    largest = np.zeros(fields)
    for start in range(len(rim)):
        part = np.arange(start, start + quarter) % len(rim)
        count = int(seen[part].sum())
        if count < SEEN * quarter:
            continue
        number = np.bincount(touched[:, part].ravel(), minlength=fields + 1)
        largest = np.maximum(largest, number[1:] / count)
    return largest


def _cover_of_sides(labels: np.ndarray, visited: np.ndarray, fields: int) -> np.ndarray:
    """Return the largest share of a map's side, of its visited bins, that each field covers, [field]."""
    largest = np.zeros(fields)
    for wall in (np.s_[:, 0, :], np.s_[:, -1, :], np.s_[:, :, 0], np.s_[:, :, -1]):
        touched = labels[wall]  # [unit, bin]
        share = 1 / np.maximum(visited[wall].sum(axis=1, keepdims=True), 1) * np.ones(touched.shape)
        largest = np.maximum(largest, np.bincount(touched.ravel(), share.ravel(), minlength=fields + 1)[1:])
    return largest


def _per_unit(values: np.ndarray, owner: np.ndarray, kept: np.ndarray, units: int) -> np.ndarray:
    """Sum values [field] over the kept fields of each unit, [unit], NaN where it has none."""
    number = np.bincount(owner[kept], minlength=units)
    return np.where(number > 0, np.bincount(owner[kept], values[kept], minlength=units), np.nan)
