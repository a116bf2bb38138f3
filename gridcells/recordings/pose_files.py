"""Tracking tables of DeepLabCut, SLEAP and others, through the library `movement`."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gridcells._common.checks import check_choice, check_positive
from gridcells.recordings.measures import Known

__all__ = ["is_pose_file", "read_pose"]

SUFFIXES = {".h5": "DeepLabCut", ".slp": "SLEAP"}


def is_pose_file(path: Path) -> bool:
    """Return whether a file is a table of tracked points: DeepLabCut's .csv or .h5, or SLEAP's .slp or analysis .h5."""
    if path.suffix.lower() in SUFFIXES:
        return True
    if path.suffix.lower() != ".csv":
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return next(file, "").lower().startswith("scorer,")


def read_pose(
    path: Path,
    *,
    frame_rate: float | None,
    keypoints: Sequence[str] = (),
    heading_keypoints: Sequence[str] = (),
    min_confidence: float = 0.9,
) -> Known:
    """Read the positions of an animal, and its heading if two points give it.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    frame_rate : float or None
        Frames a second, which these files do not hold.
    keypoints : sequence of str
        The points whose middle is the position; all by default.
    heading_keypoints : sequence of str
        Two points: the heading leads from the second to the first.
    min_confidence : float
        Points of less confidence are lost.

    Raises
    ------
    ValueError
        If the frame rate is missing, `movement` cannot be imported or read the file, or a point is not in it.
    """
    if frame_rate is None:
        raise ValueError(
            "frame_rate: expected frames a second for a table of tracked points (--frame-rate 30), got none"
        )
    check_positive(frame_rate, "frame_rate", "Hz")
    try:
        load = _loader()
    except ImportError as error:
        raise ValueError(
            "expected the optional package movement for tracked points: pip install 'gridcells-companion[tracking]'"
        ) from error
    software = "SLEAP" if path.name.endswith((".analysis.h5", ".slp")) else "DeepLabCut"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        try:
            data = load(path, source_software=software, fps=frame_rate)
        except Exception as error:  # whatever its readers raise over a file of another kind
            raise ValueError(f"expected a table of {software}, got something else ({error})") from error
    have = [str(each) for each in data.coords["keypoints"].values]
    for name in (*keypoints, *heading_keypoints):
        check_choice(name, "keypoints", have)
    if len(heading_keypoints) not in (0, 2):
        raise ValueError(f"heading_keypoints: expected two points, front and back, got {len(heading_keypoints)}")
    points = data["position"].isel(individuals=0).transpose("time", "keypoints", "space").values[..., :2]
    sure = data["confidence"].isel(individuals=0).transpose("time", "keypoints").values
    points = np.where((np.isnan(sure) | (sure >= min_confidence))[..., None], points, np.nan)
    used = [have.index(name) for name in (keypoints or have)]
    seen = np.asarray(~np.isnan(points[:, used]).any(axis=2))
    total = np.nansum(np.where(seen[..., None], points[:, used], 0.0), axis=1)
    number = seen.sum(axis=1)[:, None]
    position = np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)
    known: Known = {"position": position, "time": np.arange(len(position)) / frame_rate}
    if heading_keypoints:
        front, back = (points[:, have.index(name)] for name in heading_keypoints)
        known["heading"] = np.arctan2(*(front - back)[:, ::-1].T)
    known["notes"] = [
        f"position: the middle of {', '.join(keypoints or have)} ({software}), points of confidence below "
        f"{min_confidence:g} lost"
    ]
    animals = [str(each) for each in data.coords["individuals"].values]
    if len(animals) > 1:
        known["notes"].append(f"position: of {animals[0]}, the first of {len(animals)} animals ({', '.join(animals)})")
    known["heading_in_si"] = True
    return known


def _loader() -> Callable[..., Any]:
    """Return movement's reader: `movement.io.load_dataset`, or by its name in older versions."""
    io = importlib.import_module("movement.io")
    return getattr(io, "load_dataset", None) or importlib.import_module("movement.io.load_poses").from_file
