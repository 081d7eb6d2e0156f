"""Columns of bcolz: a folder with numbers in chunks that Blosc compressed.

The library of Blosc is called directly: its Python package takes several times as long to import as a
bundle takes to read.
"""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rustybt.data.readers.legacy.layout import LayoutError, read_json, told_int

_MAGIC: Final = b"blpk\x01"
_PREFIX: Final = 16  # bytes before the chunk of a file
_HEADER: Final = 16  # bytes of a chunk before what is compressed
_LONGEST: Final = 1 << 31  # bytes of a chunk, by Blosc's own bound
_KINDS: Final = frozenset({"uint32", "int64", "uint64", "int32"})


class Column:
    """One column of a bcolz table, read in slices.

    Parameters
    ----------
    folder
        Of the column.

    Raises
    ------
    LayoutError
        It is not laid out as a column of whole numbers.
    """

    def __init__(self, folder: Path) -> None:
        sizes, storage = folder / "meta" / "sizes", folder / "meta" / "storage"
        told = read_json(storage)
        if told.get("dtype") not in _KINDS:
            raise LayoutError(storage, f"expected whole numbers, found {told.get('dtype')!r:.60}")
        self._folder = folder
        self._kind = np.dtype(told["dtype"]).newbyteorder("<")
        self._chunk = told_int(storage, told, "chunklen")
        shape = read_json(sizes).get("shape")
        if not (isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], int)):
            raise LayoutError(sizes, f"expected one length, found {shape!r:.60}")
        self.rows: int = shape[0]
        if self.rows < 0 or not 0 < self._chunk * self._kind.itemsize < _LONGEST:
            raise LayoutError(storage, f"expected {self.rows} rows in chunks, found {told}")

    def read(self, first: int, until: int) -> NDArray[Any]:
        """Return the rows of a slice.

        Raises
        ------
        LayoutError
            A chunk is missing or damaged.
        """
        if not 0 <= first <= until <= self.rows:
            raise LayoutError(self._folder, f"expected {until} rows, found {self.rows}")
        if first == until:
            return np.empty(0, self._kind)
        chunks = range(first // self._chunk, -(-until // self._chunk))
        read = np.concatenate([self._read_chunk(number) for number in chunks])
        begin = chunks.start * self._chunk
        return read[first - begin : until - begin]

    def _read_chunk(self, number: int) -> NDArray[Any]:
        path = self._folder / "data" / f"__{number}.blp"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise LayoutError(path, f"a chunk cannot be read ({error.strerror})") from error
        if not content.startswith(_MAGIC) or len(content) < _PREFIX + _HEADER:
            raise LayoutError(path, "expected a compressed chunk, found something else")
        rows = min(self._chunk, self.rows - number * self._chunk)
        chunk, size = content[_PREFIX:], rows * self._kind.itemsize
        unpacked, packed = (int.from_bytes(chunk[at : at + 4], "little") for at in (4, 12))
        if packed != len(chunk):
            raise LayoutError(path, f"expected a chunk of {packed} bytes, found {len(chunk)}")
        if unpacked != size:
            raise LayoutError(path, f"expected {size} bytes of numbers, found {unpacked}")
        target = ctypes.create_string_buffer(size)
        done = _blosc().blosc2_decompress(chunk, len(chunk), target, size)
        if done != size:
            raise LayoutError(path, f"the chunk is damaged (Blosc says {done})")
        numbers: NDArray[Any] = np.frombuffer(target.raw, self._kind)
        return numbers


@cache
def _blosc() -> Any:
    spec = find_spec("blosc2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name="blosc2")
    found = sorted((Path(spec.origin).parent / "lib").glob("libblosc2.*"))
    shared = [it for it in found if it.suffix in {".so", ".dylib"}]
    if not shared:
        raise ModuleNotFoundError(name="blosc2")
    library = ctypes.CDLL(str(shared[0]))
    library.blosc2_init()
    library.blosc2_decompress.restype = ctypes.c_int
    library.blosc2_decompress.argtypes = [
        *(ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32),
    ]
    return library
