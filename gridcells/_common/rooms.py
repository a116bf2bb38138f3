"""How a room opens: names are loaded when first asked for, and a missing package is told with its extra."""

from __future__ import annotations

from collections.abc import Callable

import lazy_loader

__all__ = ["EXTRAS", "missing_package", "open_room"]

EXTRAS = {
    "torch": "train",
    "safetensors": "train",
    "google_crc32c": "train",
    "joblib": "topology",
    "gudhi": "topology",
    "ripser": "topology",
    "distributed": "sweeps",
    "pyarrow": "sweeps",
    "anywidget": "book",
    "papermill": "book",
    "nbformat": "book",
    "yaml": "book",
    "pynwb": "nwb",
    "h5py": "matlab",
    "movement": "tracking",
}
"""The extra that brings each package beyond those that scoring needs."""


def missing_package(error: ModuleNotFoundError) -> str | None:
    """Return what to install where an extra's package is missing.

    Parameters
    ----------
    error : ModuleNotFoundError
        What an import raised.

    Returns
    -------
    str or None
        One line with the command; None where the module is of no extra.

    Examples
    --------
    >>> print(missing_package(ModuleNotFoundError("No module named 'torch'", name="torch")))
    torch is not installed: pip install "gridcells-companion[train]"
    """
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return None
    return f'{package} is not installed: pip install "gridcells-companion[{EXTRAS[package]}]"'


def open_room(name: str, file: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose names its stub lists.

    Parameters
    ----------
    name, file : str
        ``__name__`` and ``__file__`` of the package; the stub ``__init__.pyi`` lies beside the file.

    Returns
    -------
    tuple
        The three, as `lazy_loader.attach_stub` makes them, but that a missing package is an ImportError with advice.

    Examples
    --------
    >>> import gridcells.scores
    >>> get, _, names = open_room("gridcells.scores", gridcells.scores.__file__)
    >>> "grid_scores" in names, get("grid_scores").__name__
    (True, 'grid_scores')
    """
    look_up, listing, names = lazy_loader.attach_stub(name, file)

    def get(attribute: str) -> object:
        try:
            return look_up(attribute)
        except ModuleNotFoundError as error:
            advice = missing_package(error)
            if advice is None:
                raise
            raise ImportError(f"{name}.{attribute}: {advice}", name=error.name) from error

    return get, listing, names
