"""Grid cells in trained and theoretical networks: the library behind the companion book.

The rooms, in the order in which data walks through them: `arenas`, `trajectories`, `ensembles`, `networks`,
`training`, `ratemaps`, `scores`, `claims`. Everything is in metres, seconds, radians and hertz.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("gridcells-companion")
except PackageNotFoundError:  # used from a source folder that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
