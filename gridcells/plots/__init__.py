"""Drawing what the other rooms return, in one style; nothing is computed but the layout, no training is imported.

Every ``plot_*`` takes arrays (numpy or torch), draws into ``ax`` or into a new figure, and returns the axes. Maps are
[x, y], x first; they are drawn with x to the right and y upwards.
"""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
