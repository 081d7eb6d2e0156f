"""Makes files that explode when they are read: ``file_bombs.py FOLDER``.

Prints a statement over each as JSON. A process of its own, for the making takes memory, too.
"""

import gzip
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MIB = 1024 * 1024


def many_rows(path: Path) -> str:
    """Parquet of a few kB that claims, and has, two hundred million rows."""
    rows = pa.table({"x": pa.repeat(7, 10_000_000)})
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(rows)
    return f"FROM read_parquet('{path}') ORDER BY hash(x)"


def one_value(path: Path) -> str:
    """Parquet of one text of 256 MB, packed to some kB."""
    text = pa.table({"x": pa.array(["x" * 256 * MIB], pa.large_string())})
    pq.write_table(text, path, compression="zstd", use_dictionary=False)
    return f"SELECT length(x || 'y') FROM read_parquet('{path}')"


def gzipped(path: Path, piece: bytes, times: int = 400) -> None:
    path.write_bytes(gzip.compress(piece) * times)  # members follow one another


def many_lines(path: Path) -> str:
    """A gzipped CSV that becomes 4 GB."""
    gzipped(path, b"1,2\n" * (10 * MIB // 4))
    return f"FROM read_csv('{path}', header = false) ORDER BY ALL"


def endless_line(path: Path) -> str:
    """A gzipped CSV of one line of 4 GB."""
    gzipped(path, b"x" * 10 * MIB)
    return f"FROM read_csv('{path}', header = false, max_line_size = 4000000000)"


def many_columns(path: Path) -> str:
    """A CSV of three hundred thousand columns."""
    width = 300_000
    header = ",".join(f"c{number}" for number in range(width))
    path.write_text(header + "\n" + ",".join(["1"] * width) + "\n")
    return f"FROM read_csv('{path}', max_line_size = 100000000)"


def deep(path: Path) -> str:
    """JSON of ten million brackets."""
    path.write_text("[" * 10_000_000)
    return f"FROM read_json('{path}', maximum_object_size = 100000000)"


FILES = {
    "many_rows.parquet": many_rows,
    "one_value.parquet": one_value,
    "many_lines.csv.gz": many_lines,
    "endless_line.csv.gz": endless_line,
    "many_columns.csv": many_columns,
    "deep.json": deep,
}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(json.dumps({name: make(folder / name) for name, make in FILES.items()}))
