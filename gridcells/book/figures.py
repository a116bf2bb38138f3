"""Where figures live, and how one is saved so that it knows the run that made it, and what it shows can be compared."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import gridcells
from gridcells._common.files import atomic_path, writable_folder
from gridcells.book.fingerprints import Drawing, describe

__all__ = ["SavedFigure", "drawn", "figures_folder", "save_figure"]

_NAME = re.compile(r"[a-z0-9]+/[A-Za-z0-9][A-Za-z0-9_-]*")
_drawn: dict[str, Drawing] = {}


@dataclass(frozen=True)
class SavedFigure:
    """The two files of one saved figure, and what their metadata say.

    Parameters
    ----------
    name : str
        "paper/figure".
    png, pdf : pathlib.Path
        The files.
    made_by : str
        Preset, seed, versions and commit, as written into both.
    """

    name: str
    png: Path
    pdf: Path
    made_by: str

    def __repr__(self) -> str:
        return f"saved {self.name}.png and .pdf"


def figures_folder(folder: str | Path | None = None) -> Path:
    """Find the project's ``figures`` folder, the one that holds ``claims.toml``.

    Parameters
    ----------
    folder : path_like, optional
        The folder itself; by default ``figures`` is sought in the current folder and in all above it, so that a chapter
        that runs in ``book`` finds the one beside it.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    FileNotFoundError
        If there is none.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "claims.toml").write_text("")
    ...     figures_folder(folder) == Path(folder)
    True
    """
    if folder is not None:
        candidates, looked = [Path(folder)], f"folder: no claims.toml in {folder}"
    else:
        here = Path.cwd()
        candidates = [parent / "figures" for parent in (here, *here.parents)]
        looked = f"no figures/claims.toml in {here} or above it"
    for candidate in candidates:
        if (candidate / "claims.toml").is_file():
            return candidate
    raise FileNotFoundError(f"{looked}: run inside the project or pass the figures folder's path")


def save_figure(
    figure: Figure, name: str, *, preset: str, seed: int | str, folder: str | Path | None = None
) -> SavedFigure:
    """Write ``figure`` as PNG and PDF, with what made it in the metadata of both.

    The same figure gives the same bytes: no date is written.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure; its layout stays as it is from here on.
    name : str
        "paper/figure", for example "sorscher2023/figS2_scores"; the files are ``folder/paper/figure.png`` and ``.pdf``.
    preset : str
        The preset of the run that is drawn.
    seed : int or str
        Its seed, or seeds ("0-4").
    folder : path_like, optional
        Where to write, made if need be; by default the project's ``figures`` (see `figures_folder`).

    Returns
    -------
    SavedFigure
        The two paths and the text of the metadata.

    Raises
    ------
    TypeError, ValueError
        If ``figure`` is no matplotlib figure, or ``name`` is not of the form "paper/figure".
    OSError
        If the folder cannot be written; an older figure is left as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(Figure(), "banino2018/fig1d", preset="laptop", seed=0, folder=folder)
    saved banino2018/fig1d.png and .pdf
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"figure: expected a matplotlib Figure, got {type(figure).__name__}")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f'name: expected "paper/figure" in letters, digits, "_" and "-", no suffix, got {name!r}')
    paper, stem = name.split("/")
    place = writable_folder((figures_folder() if folder is None else Path(folder)) / paper, "folder")
    made_by = (
        f"preset {preset}; seed {seed}; gridcells {gridcells.__version__}; torch {version('torch')}; "
        f"numpy {np.__version__}; matplotlib {matplotlib.__version__}; commit {source_commit(Path(__file__))}"
    )
    saved = SavedFigure(name, place / f"{stem}.png", place / f"{stem}.pdf", made_by)
    with atomic_path(saved.png) as path:
        figure.savefig(path, dpi=150, metadata={"Title": name, "Description": made_by})
    figure.set_layout_engine("none")  # laid out once: the PDF and the page show the same, in half the time
    with atomic_path(saved.pdf) as path:
        figure.savefig(path, metadata={"Title": name, "Subject": made_by, "CreationDate": None})
    _drawn[name] = describe(figure)
    return saved


def drawn() -> dict[str, Drawing]:
    """Return what the figures that this process has saved show, so that those of a chapter can be compared.

    Returns
    -------
    dict of str to list of dict
        By the figure's name, what `gridcells.book.fingerprints.describe` says of it as it was last saved.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_figure(Figure(), "banino2018/empty", preset="laptop", seed=0, folder=folder)
    >>> drawn()["banino2018/empty"]
    []
    """
    return dict(_drawn)


def source_commit(file: Path) -> str:
    """Name the git commit that holds ``file``, "-dirty" added where tracked files were changed; else "unknown"."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(file.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", file.name)  # a library installed inside another project is not that project
        return git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
