"""Unpacking what others packed: what headers declare is compared with the file and a bound before anything is made."""

from __future__ import annotations

import lzma
import math
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO
from zlib import error as zlib_error

import numpy as np

__all__ = ["UNPACKED", "check_archive", "check_array_file", "check_array_header", "check_unpacked", "unxz"]

UNPACKED = 2**29  # bytes of numbers in double precision that a small file may unpack to
_TIMES = 8  # or so many times its size, if that is more
_XZ_MEMORY = 2**28  # bytes that the xz decoder may take for itself
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OverflowError, zlib_error, lzma.LZMAError)


def check_unpacked(path: Path, declared: int, *, name: str = "") -> None:
    """Raise unless what a file says it unpacks to is within bounds.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    declared : int
        Bytes, as its headers declare them.
    name : str
        What in the file is meant, for the message.

    Raises
    ------
    ValueError
        If it is more than `UNPACKED`, and more than eight times the size of the file.

    Examples
    --------
    >>> check_unpacked(Path(__file__), 10**6)
    >>> check_unpacked(Path(__file__), 10**12)
    Traceback (most recent call last):
    ValueError: ...: expected at most 537 MB unpacked from a file of its size, got 1000000 MB
    """
    allowed = max(UNPACKED, _TIMES * path.stat().st_size)
    if declared > allowed:
        inside = f": {name}" if name else ""
        raise ValueError(
            f"{path}{inside}: expected at most {allowed / 1e6:.0f} MB unpacked from a file of its size,"
            f" got {declared / 1e6:.0f} MB"
        )


def check_array_header(path: Path, shape: tuple[int, ...], dtype: np.dtype, *, held: int, name: str = "") -> None:
    """Raise unless an array's header fits the bytes that follow it, and the array in double precision the bounds.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    shape : tuple of int
        The array's shape, as declared.
    dtype : numpy.dtype
        Its type, as declared.
    held : int
        Bytes that the file has for it.
    name : str
        The array's name in the file, for the message.

    Raises
    ------
    ValueError
        If the file has fewer bytes than declared, or there are too many numbers.

    Examples
    --------
    >>> check_array_header(Path(__file__), (10**9, 10**9), np.dtype(float), held=80)
    Traceback (most recent call last):
    ValueError: ...: expected the 8000000000000000000 bytes of shape (1000000000, 1000000000), got 80
    """
    inside = f": {name}" if name else ""
    count = math.prod(shape)
    if count * dtype.itemsize > held:
        raise ValueError(
            f"{path}{inside}: expected the {count * dtype.itemsize} bytes of shape {shape}, got {max(0, held)}"
        )
    check_unpacked(path, count * max(8, dtype.itemsize), name=name)


def check_archive(path: Path, *, arrays: bool = False, checksums: bool = False) -> None:
    """Raise unless a zip archive is whole, names each member once and unpacks to something within bounds.

    Parameters
    ----------
    path : pathlib.Path
        The archive, such as an .npz or a .pth file.
    arrays : bool
        Its members are arrays as NumPy saves them, whose headers must fit what follows them.
    checksums : bool
        Read every member and compare its CRC-32.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no zip archive, a name comes twice, a member is damaged, or too much would be unpacked.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez_compressed(Path(folder) / "a.npz", rate_maps=np.zeros(10**6))
    ...     check_archive(Path(folder) / "a.npz", arrays=True, checksums=True)
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                names = Counter(member.filename for member in members)
                if len(names) < len(members):
                    twice = next(name for name, count in names.items() if count > 1)
                    raise ValueError(f"{path}: expected each name once, got {twice!r} twice")
                check_unpacked(path, sum(member.file_size for member in members))
                for member in members if arrays else ():
                    _check_member(path, archive, member)
                damaged = archive.testzip() if checksums else None
        except _DAMAGED as error:
            raise ValueError(f"{path}: expected a zip archive, got one that is damaged ({error!s:.200})") from None
        if damaged is not None:
            raise ValueError(f"{path}: expected the checksum of {damaged} to be right, got another: torn or changed")


def _check_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    with archive.open(member) as held:
        _check_array(path, held, member.file_size, member.filename.removesuffix(".npy"))


def check_array_file(path: Path) -> None:
    """Raise unless an .npy file's header fits the bytes that follow it, and its array in double precision the bounds.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no array as NumPy saves it, is cut off, or has too many numbers. An array of objects is left to whoever
        refuses these.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder) / "a.npy", np.zeros((3, 4, 4)))
    ...     check_array_file(Path(folder) / "a.npy")
    """
    with open(path, "rb") as held:
        _check_array(path, held, path.stat().st_size, "")


def _check_array(path: Path, held: IO[bytes], size: int, name: str) -> None:
    inside = f": {name}" if name else ""
    try:
        version = np.lib.format.read_magic(held)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(held)
    except Exception as error:  # the header is Python's text, and whatever damaged text makes of it
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"{path}{inside}: expected an array as NumPy saves it, got something else ({reason:.100})"
        ) from None
    if not dtype.hasobject:
        check_array_header(path, shape, dtype, held=size - held.tell(), name=name)


def unxz(data: bytes, path: Path) -> bytes:
    """Unpack bytes that xz packed, and no more than a file of their size may hold.

    Parameters
    ----------
    data : bytes
        The packed bytes.
    path : pathlib.Path
        Where they come from, for the message and its size.

    Returns
    -------
    bytes
        What they were.

    Raises
    ------
    ValueError
        If they are not xz, cut off, followed by others, or would unpack to too much.

    Examples
    --------
    >>> unxz(lzma.compress(b"weights"), Path(__file__))
    b'weights'
    """
    allowed = max(UNPACKED, _TIMES * len(data))
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    try:
        unpacked = decoder.decompress(data, max_length=allowed + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"{path}: expected a file packed by xz, got one that is damaged ({error!s:.200})") from None
    if len(unpacked) > allowed:
        check_unpacked(path, len(unpacked))
    if not decoder.eof or decoder.unused_data:
        raise ValueError(f"{path}: expected a file packed by xz, got one that is cut off or longer")
    return unpacked
