"""Opens HDF5 files of any layout, for reading alone."""

from pathlib import Path

import h5py

from rustybt.data.readers.legacy.layout import LayoutError


def opened(path: Path) -> h5py.File:
    """Return an open file; its locks are not heeded, since nobody writes to what is migrated.

    Raises
    ------
    LayoutError
        It is no HDF5.
    """
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise LayoutError(path, f"expected an HDF5 file ({error})") from error
