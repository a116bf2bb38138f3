"""What a gradient step costs on processors: beside its own matrix products, and on two threads beside one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from gridcells._common.files import write_json
from gridcells._common.reading import read_json

__all__ = ["StepCost", "keep_step_costs", "load_step_costs"]

_SHIPPED = Path(__file__).parents[1] / "shipped" / "step_costs.json"


@dataclass(frozen=True)
class StepCost:
    """How long one gradient step takes; the shortest of several turns in one run.

    Attributes
    ----------
    preset : str
        Of the network.
    units : int
        Its units.
    one_thread, two_threads : float
        Time of a step on so many threads, s.
    products : float
        Time of the step's matrix products alone, forward, backward and those that make updates orthogonal, on one
        thread, s.
    """

    preset: str
    units: int
    one_thread: float
    two_threads: float
    products: float

    @property
    def over_products(self) -> float:
        """Time of a step over that of its matrix products, on one thread."""
        return self.one_thread / self.products

    @property
    def gained(self) -> float:
        """Time on one thread over that on two."""
        return self.one_thread / self.two_threads


def load_step_costs(path: str | Path = _SHIPPED) -> list[StepCost]:
    """Load what steps cost on the machine that measured them.

    Parameters
    ----------
    path : path_like
        A file that `keep_step_costs` wrote; by default the one that ships.

    Returns
    -------
    list of StepCost
        One a preset.

    Raises
    ------
    ValueError
        If the file is not what was written.

    Examples
    --------
    >>> sorted(cost.preset for cost in load_step_costs())
    ['full_size', 'laptop', 'quick']
    """
    rows, kinds = read_json(Path(path)).get("steps"), {field.name: field.type for field in fields(StepCost)}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() == kinds.keys() for row in rows):
        raise ValueError(f"{path}: expected steps with {', '.join(kinds)}, got {rows!r:.80}")
    return [StepCost(**row) for row in rows]


def keep_step_costs(costs: list[StepCost], path: str | Path = _SHIPPED) -> None:
    """Write what steps cost into a file.

    Parameters
    ----------
    costs : list of StepCost
        What was measured.
    path : path_like
        Where to; by default over the one that ships.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep_step_costs([StepCost("laptop", 256, 0.02, 0.01, 0.01)], f"{folder}/costs.json")
    ...     load_step_costs(f"{folder}/costs.json")[0].gained
    2.0
    """
    write_json(Path(path), {"steps": [asdict(cost) for cost in costs]})
