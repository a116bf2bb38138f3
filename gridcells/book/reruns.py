"""Execute a chapter of the book with other parameters, into a folder of its own; papermill does the executing.

papermill alone takes a misspelt parameter without a word and turns tuples into text; here names are checked and values
are written into the notebook as the literals they are.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import gridcells
from gridcells._common.checks import check_choice
from gridcells._common.files import writable_folder, write_json
from gridcells.book.chapters import FOLDER, PARAMETERS_TAG, Chapter, book_package
from gridcells.book.figures import source_commit

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["ChapterError", "Rerun", "rerun"]

_RECORD = "rerun.json"


class ChapterError(RuntimeError):
    """A chapter stopped in one of its cells; the message says in which, and why."""


@dataclass(frozen=True)
class Rerun:
    """What a rerun left in its folder.

    Parameters
    ----------
    notebook : pathlib.Path
        The executed notebook.
    figures, claims : tuple of pathlib.Path
        The figures (PNG, each with a PDF beside it), and the files of the measured claims.
    """

    notebook: Path
    figures: tuple[Path, ...]
    claims: tuple[Path, ...]


def rerun(
    chapter: Chapter, values: Mapping[str, object] | None = None, *, out: str | Path, progress: bool = False
) -> Rerun:
    """Execute a chapter with other parameters; the notebook, its figures and measured claims go to a folder.

    Parameters
    ----------
    chapter : Chapter
        One of `gridcells.book.chapters.book_chapters`.
    values : mapping of str to object, optional
        Values by parameter, as `Chapter.parse` returns; the others keep their defaults.
    out : path_like
        The folder: new, empty, or of an earlier rerun of this chapter with these values, which is made again.
    progress : bool
        Whether to show a bar that counts cells.

    Returns
    -------
    Rerun
        The files that it left.

    Raises
    ------
    ValueError
        If a name is none of the chapter's, papermill is not installed, or the folder holds anything else, which stays
        as it was.
    ChapterError
        If a cell fails. The notebook as far as it came stays in the folder, with "-unfinished" in its name.
    OSError
        If the folder cannot be written.

    Notes
    -----
    The chapter runs in its own folder, as in the book: a path among ``values`` is relative to that.
    """
    for name in values or {}:
        check_choice(name, f"{chapter.name}: parameter", tuple(chapter.parameters))
    papermill, nbformat = book_package("papermill"), book_package("nbformat")
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    used = {name: parameter.default for name, parameter in chapter.parameters.items() if name != FOLDER}
    used |= values or {}
    out = _own_folder(Path(out), chapter, used)
    if FOLDER in chapter.parameters:
        used[FOLDER] = str(out)
    notebook = _with_parameters(nbformat.read(chapter.path, as_version=4), used)
    unfinished = out / f"{chapter.name}-unfinished.ipynb"
    with tempfile.TemporaryFile() as said:
        try:
            papermill.execute_notebook(
                notebook,
                str(unfinished).replace("{", "{{").replace("}", "}}"),  # what stands in braces is filled in
                kernel_name="python3",
                kernel_manager_class=_kernels_that_speak_to(said),
                cwd=str(chapter.path.parent),
                progress_bar={"desc": chapter.name, "dynamic_ncols": True} if progress else False,
                extra_arguments=["--log-level=ERROR"],  # of the kernel
            )
        except PapermillExecutionError as error:
            line = error.source.strip().partition("\n")[0]
            reason = f"cell [{error.exec_count}] ({line}): {error.ename}: {error.evalue}"
            raise ChapterError(f"{chapter.name}: {reason}\nas far as it came: {unfinished}") from None
        except DeadKernelError as error:
            said.seek(0)
            why = said.read().decode(errors="replace").strip().partition("\n")[0]
            reason = f"{error} ({why})" if why else str(error)
            raise ChapterError(f"{chapter.name}: {reason}\nas far as it came: {unfinished}") from None
    finished = unfinished.replace(out / f"{chapter.name}.ipynb")
    return Rerun(finished, tuple(sorted(out.glob("*/*.png"))), tuple(sorted(out.glob("measured/*.json"))))


def _kernels_that_speak_to(file: IO[bytes]) -> type:
    """Make a class of kernel managers whose kernels write into ``file`` what is none of the notebook's.

    A kernel that is interrupted prints tracebacks of what it could not send any more.
    """
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):
        async def start_kernel(self, **options: object) -> None:  # type: ignore[override]  # as its own class has it
            await super().start_kernel(**options, stdout=file, stderr=file)

    return Manager


def _with_parameters(notebook: NotebookNode, values: Mapping[str, object]) -> NotebookNode:
    """Put ``values`` into a cell below that of the parameters, where papermill would put them."""
    tagged = [n for n, cell in enumerate(notebook.cells) if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    if tagged:
        source = "\n".join(["# of this rerun", *(f"{name} = {value!r}" for name, value in values.items())])
        cell = book_package("nbformat.v4").new_code_cell(source, metadata={"tags": ["injected-parameters"]})
        notebook.cells.insert(tagged[-1] + 1, cell)
    return notebook


def _own_folder(folder: Path, chapter: Chapter, values: Mapping[str, object]) -> Path:
    """Make ``folder`` that of this rerun, or raise where it holds anything else."""
    path = writable_folder(folder).resolve() / _RECORD
    asked = {name: repr(value) for name, value in values.items()}
    if not path.is_file():
        if any(path.parent.iterdir()):
            raise ValueError(f"out: expected a new or empty folder, got {folder}, which holds other files")
        made_by = {"gridcells": gridcells.__version__, "commit": source_commit(Path(__file__))}
        write_json(path, {"chapter": chapter.name, "parameters": asked, **made_by})
        return path.parent
    held = json.loads(path.read_text(encoding="utf-8"))
    if held["chapter"] != chapter.name:
        raise ValueError(f"out: expected a new or empty folder, got {folder}, which holds {held['chapter']}")
    others = [f"{name}={text}" for name, text in held["parameters"].items() if text != asked.get(name)]
    if others or held["parameters"].keys() != asked.keys():
        raise ValueError(
            f"out: expected a new or empty folder, got {folder}, which holds {chapter.name} with {', '.join(others)}"
        )
    return path.parent
