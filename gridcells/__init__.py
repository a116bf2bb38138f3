"""Grid cells in trained and theoretical networks: the library behind the companion book.

    import gridcells as gc

Rooms, in the order in which data walks through them: `world`, `scores`, `presets`, `networks`, `theory`, `plots`,
`training`, `recordings`, `runs`, `mechanism`, `book`. What most people need is here by name, such as `grid_scores`,
`train` and `load_shipped`; each is loaded when it is first asked for. Everything is in metres, seconds, radians and
hertz.
"""

from importlib.metadata import PackageNotFoundError, version

from gridcells._common.rooms import open_room

try:
    __version__ = version("gridcells-companion")
except PackageNotFoundError:  # used from a source folder that was never installed
    __version__ = "0+unknown"

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
