"""Where the limits and what is known of symbols are kept: one folder of the user, for all processes."""

import os
from pathlib import Path
from urllib.parse import quote


def file_of(kind: str, account: str) -> Path:
    """Return the file of an account, such as ``ccxt binance``, in a folder that is there after.

    What it holds may be lost at any time: it is made again.
    """
    folder = Path.home() / ".rustybt" / "net"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{quote(account, safe=' ')}.{kind}"


def opened(path: Path) -> int:
    """Return a descriptor of a file to read and write, made for the user alone if it is not there."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
