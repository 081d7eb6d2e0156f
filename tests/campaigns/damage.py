"""Damages the files of a bundle and asks for their rows. Prints figures as JSON; 1 if one is wrong.

::

    python tests/campaigns/damage.py --flips 1500 --truncations 200

For each of three encodings a file is flipped in one bit at a time and cut at random lengths. Every
statement must be refused by the name of the file. ``unseen`` counts how many of the same files
DuckDB reads without an error, which shows what the refusals are worth.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

import warehouse
from warehouse.errors import DamageError
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import disk
from warehouse.snapshots.manifest import DataFile, Manifest

ENCODINGS = {
    "snappy": "COMPRESSION snappy",
    "zstd": "COMPRESSION zstd, PARQUET_VERSION v2",
    "plain": "COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 0",
}
YEARS = (2019, 2020, 2021)
BARS = """
COPY (
    SELECT
        make_date({year}, 1, 1) + (i // 20)::INTEGER AS session,
        (i % 20)::INTEGER AS sid,
        'S' || (i % 20) AS symbol,
        (100 + hash(i) % 1000 / 100)::DECIMAL(18, 8) AS open,
        (111 + hash(i) % 1000 / 100)::DECIMAL(18, 8) AS high,
        (90 + hash(i) % 1000 / 100)::DECIMAL(18, 8) AS low,
        (100 + hash(i + 1) % 1000 / 100)::DECIMAL(18, 8) AS close,
        (hash(i + 2) % 100000)::DECIMAL(18, 8) AS volume
    FROM range(4000) t(i)
    ORDER BY sid, session
) TO '{path}' (FORMAT parquet, {encoding})
"""
ALL = "SELECT count(*), sum(hash(bars)) FROM {bars} AS bars"
HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


def build(root: Path, encoding: str) -> list[Path]:
    """Commit a bundle ``eq`` of three years in an encoding, and return its files in their order."""
    place = BundleDir(root, BundleName("eq"))
    folder = place.data / "made"
    for it in (place.log, place.leases, folder):
        it.mkdir(parents=True)
    files = {}
    for number, year in enumerate(YEARS):
        path = folder / f"{number}.parquet"
        duckdb.execute(BARS.format(year=year, path=path, encoding=ENCODINGS[encoding]))
        files[str(year)] = DataFile(
            path=f"made/{path.name}",
            size=path.stat().st_size,
            sha256=disk.sha256_of(path),
            rows=4000,
            first=f"{year}-01-01",
            last=f"{year}-07-18",
        )
    manifest = Manifest(
        "eq", 1, "", "made", datetime(2024, 1, 2, tzinfo=UTC), "XNYS", {"bars_1d": files}
    )
    place.manifest(1).write_bytes(manifest.seal()[1])
    return [place.data / file.path for file in files.values()]


def flips(sound: bytes, _: bytes, count: int, dice: random.Random) -> Iterator[bytes]:
    for _flip in range(count):
        at = dice.randrange(len(sound))
        yield sound[:at] + bytes([sound[at] ^ 1 << dice.randrange(8)]) + sound[at + 1 :]


def truncations(sound: bytes, _: bytes, count: int, dice: random.Random) -> Iterator[bytes]:
    for _cut in range(count):
        yield sound[: dice.randrange(len(sound))]


def named(sound: bytes, other: bytes) -> Iterator[bytes]:
    """What goes wrong in practice: nothing there, a stub, a tail, text, a page, another's file."""
    yield b""
    yield sound[:8]
    yield sound[:-1]
    yield sound + b"\0"
    yield b"session,sid\n" * 20
    yield HTML + b" " * (len(sound) - len(HTML))
    yield bytes(len(sound))
    yield other


def refusal(wh: warehouse.Warehouse, path: Path) -> str:
    """What reading the bundle comes to: ``refused`` by the name of the file, or else."""
    try:
        wh.sql(ALL.format(bars="eq.bars_1d"))
    except DamageError as error:
        return "refused" if error.path == path else "misnamed"
    return "silent"


def unseen(paths: list[Path]) -> bool:
    """Whether DuckDB reads the files without an error."""
    try:
        duckdb.sql(ALL.format(bars=f"read_parquet({list(map(str, paths))})")).fetchall()
    except (duckdb.Error, UnicodeDecodeError):
        return False
    return True


def damage(encoding: str, make: Callable[[bytes, bytes], Iterator[bytes]]) -> Counter[str]:
    """Put one damaged content after the other in the place of the middle file."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        paths = build(Path(folder), encoding)
        path = paths[1]
        sound = path.read_bytes()
        with warehouse.open(folder) as wh:
            rows = wh.sql(ALL.format(bars="eq.bars_1d")).rows()
            for content in make(sound, paths[2].read_bytes()):
                path.write_bytes(content)
                found[refusal(wh, path)] += 1
                found["unseen"] += unseen(paths)
            path.write_bytes(sound)
            assert wh.sql(ALL.format(bars="eq.bars_1d")).rows() == rows, (
                "the mended file is refused"
            )
    return found


def campaign(flipped: int, truncated: int, seed: int) -> dict[str, Counter[str]]:
    figures = {}
    for encoding in ENCODINGS:
        dice = random.Random(f"{encoding} {seed}")
        flipping = partial(flips, count=flipped, dice=dice)
        cutting = partial(truncations, count=truncated, dice=dice)
        figures[f"{encoding} flips"] = damage(encoding, flipping)
        figures[f"{encoding} truncations"] = damage(encoding, cutting)
        figures[f"{encoding} named"] = damage(encoding, named)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=1500)
    parser.add_argument("--truncations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    figures = campaign(given.flips, given.truncations, given.seed)
    print(json.dumps(figures, indent=1))
    total = sum(figures.values(), Counter())
    files = total["refused"] + total["misnamed"] + total["silent"]
    print(
        f"{files:,} damaged files: {total['refused']:,} refused, {total['misnamed']} misnamed, "
        f"{total['silent']} silent; DuckDB alone reads {total['unseen']:,} without an error"
    )
    return int(any(it["silent"] or it["misnamed"] for it in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
