"""The name of a room, or the corners of one that was drawn, as a widget's trait."""

from __future__ import annotations

import traitlets

from gridcells._common.checks import check_choice
from gridcells.presets import room_of

__all__ = ["RoomName", "check_room"]


def check_room(room: str, names: tuple[str, ...]) -> None:
    """Raise ValueError unless a room is one of some names, or corners that `gridcells.presets.room_of` takes."""
    room_of(room) if ":" in room else check_choice(room, "room", names)


class RoomName(traitlets.TraitType[str, str]):
    """A trait that holds one of some names, or the corners of a room as `gridcells.presets.room_of` takes them.

    Parameters
    ----------
    *names : str
        The names; the first is the default.

    Examples
    --------
    >>> class Page(traitlets.HasTraits):
    ...     room = RoomName("square", "hexagon")
    >>> Page(room="0:0,1:0,0:1").room
    '0:0,1:0,0:1'
    """

    def __init__(self, *names: str) -> None:
        super().__init__(default_value=names[0])
        self.names = names

    def validate(self, obj: object, value: object) -> str:
        """Return the value, or raise TraitError if it is no such room."""
        text = str(value)
        try:
            check_room(text, self.names)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        return text
