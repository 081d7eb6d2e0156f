"""Compares every indicator with TA-Lib, on the bars of sp500_5yr or on made ones.

Run as ``RUSTYBT_REFERENCE=folder python tests/campaigns/indicators.py [--peers FOLDER] [--seed N]``: TA-Lib
gets a virtual environment of its own in FOLDER, once; a seed takes other symbols and another span. It prints the largest relative difference of each output
and fails above 1e-9. With ``--golden FILE`` it writes TA-Lib's numbers of made bars instead, which
`tests/pipeline/test_indicators.py` holds the indicators to.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import warehouse
from rustybt.pipeline import Pipeline

sys.path.append(str(Path(__file__).parents[1] / "pipeline"))
sys.path.append(str(Path(__file__).parents[1] / "bench"))
from conftest import commit
from peers import FOLDER, TALIB, installed
from talib_cases import CASES, made_bars, outputs_of

RTOL = 1e-9
# The last bits of a sum, as a part of the largest value: what is left where terms cancel.
ATOL = 1e-11
FIELDS = "open", "high", "low", "close", "volume"
RUN = """
import json, sys
import numpy as np, talib
from talib.abstract import Function
bars, cases = np.load(sys.argv[1]), json.load(open(sys.argv[2]))
results = {}
for label, (name, fields, parameters) in cases.items():
    for symbol in {key.rpartition("/")[0] for key in bars}:
        inputs = [bars[f"{symbol}/{it}"] for it in fields]
        got = np.atleast_2d(np.array(getattr(talib, name)(*inputs, **parameters)))
        if got.dtype.kind == "i":  # whole numbers are 0 where there is none yet
            got = got.astype(float)
            got[:, : Function(name, **parameters).lookback] = np.nan
        results[f"{label}/{symbol}"] = got
np.savez(sys.argv[3], **results)
"""


def of_talib(python: Path, bars: pl.DataFrame) -> dict[str, np.ndarray]:
    """Return TA-Lib's numbers by ``label/symbol``, of shape (outputs, sessions)."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = {
            f"{symbol}/{field}": part[field].to_numpy().astype(float)
            for (symbol,), part in bars.sort("date").partition_by("symbol", as_dict=True).items()
            for field in FIELDS
        }
        np.savez(Path(folder) / "bars.npz", **arrays)
        cases = {it: (case.talib, case.fields, case.parameters) for it, case in CASES.items()}
        Path(folder, "cases.json").write_text(json.dumps(cases))
        files = (str(Path(folder) / it) for it in ("bars.npz", "cases.json", "found.npz"))
        subprocess.run([python, "-c", RUN, *files], check=True)
        with np.load(Path(folder) / "found.npz") as found:
            return dict(found)


def difference(got: np.ndarray, expected: np.ndarray, largest: float = 0) -> tuple[float, int]:
    """Return the largest difference over its allowance, and how many rows only one side has.

    `largest` is that of the terms which cancel, if it is more than that of the values.
    """
    one_sided = np.isnan(got) != np.isnan(expected)
    allowed = RTOL * np.abs(expected) + ATOL * np.nanmax(np.abs(expected), initial=largest)
    with np.errstate(all="ignore"):
        parts = np.abs(got - expected) / allowed
    return float(np.nanmax(np.where(got == expected, 0, parts), initial=0)), int(one_sided.sum())


def compare(python: Path, bars: pl.DataFrame) -> int:
    """Print a line an output and return how many differ."""
    expected = of_talib(python, bars)
    with tempfile.TemporaryDirectory() as root, commit(Path(root), bars, bundle="bars") as store:
        ordered = bars.sort("date").partition_by("symbol", as_dict=True)
        of = {symbol: part for (symbol,), part in ordered.items()}
        return sum(_differ(store, of, label, expected) for label in CASES)


def _differ(
    store: warehouse.Warehouse,
    bars: dict[str, pl.DataFrame],
    label: str,
    expected: dict[str, np.ndarray],
) -> int:
    case = CASES[label]
    columns, wrong = outputs_of(case), 0
    sessions = store.sql("SELECT min(session), max(session) FROM bars.bars_1d").rows()[0]
    began = time.process_time()
    rows = Pipeline(columns).run(*sessions, bundle="bars", warehouse=store).pl()
    took = time.process_time() - began
    parts = rows.sort("sid", "session").partition_by("symbol", as_dict=True)
    for number, name in enumerate(columns):
        worst, missing = 0.0, 0
        for (symbol,), part in parts.items():
            # The row of a session holds what the session before it made.
            found = expected[f"{label}/{symbol}"][case.order[number]][:-1]
            got = part[name].to_numpy()
            if case.talib.endswith("INDEX"):
                got, found = (_pointed_at(it, bars[symbol], case.fields[0]) for it in (got, found))
            # Of two means that TA-Lib carries on from bar to bar the last bits are those of the price: it
            # lies ten times as far from exact sums as a sum made anew for each bar does.
            largest = bars[symbol]["close"].max() if case.talib == "MACDEXT" else 0
            share, one_sided = difference(got, found, largest)
            worst, missing = max(worst, share), missing + one_sided
        wrong += worst > 1 or missing > 0
        said = f"{worst:8.1e} of what is allowed, {missing} rows of one side, {took:.1f} s"
        print(f"{label:45} {name:8} {said}", flush=True)
    return wrong


def _pointed_at(index: np.ndarray, bars: pl.DataFrame, field: str) -> np.ndarray:
    """Return the values that indices mean: which of equal ones, TA-Lib decides by what it saw before."""
    values = np.append(bars[field].to_numpy().astype(float), np.nan)
    return values[np.where(np.isnan(index), -1, index).astype(int)]


def _every_13th(bars: pl.DataFrame) -> pl.DataFrame:
    symbols = sorted(bars["symbol"].unique())[::13]
    return bars.filter(pl.col("symbol").is_in(symbols))


def _drawn(bars: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Take 30 symbols of all, and 200 sessions or more."""
    rng = np.random.default_rng(seed)
    symbols = rng.choice(sorted(bars["symbol"].unique()), 30, replace=False)
    sessions = sorted(bars["date"].unique())
    begin = int(rng.integers(0, len(sessions) - 200))
    end = int(rng.integers(begin + 200, len(sessions) + 1))
    chosen = pl.col("symbol").is_in(symbols.tolist())
    return bars.filter(chosen & pl.col("date").is_in(sessions[begin:end]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=FOLDER)
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    python = installed(TALIB, options.peers) / "python"
    if options.golden:
        found = of_talib(python, made_bars())
        np.savez_compressed(options.golden, **found)
        return 0
    bars = pl.read_parquet(Path(os.environ["RUSTYBT_REFERENCE"]) / "data/sp500_5yr.parquet")
    bars = bars.unique(["symbol", "date"], keep="first")
    bars = _every_13th(bars) if options.seed is None else _drawn(bars, options.seed)
    full = bars.drop_nulls().group_by("symbol").len()
    full = full.filter(pl.col("len") == pl.col("len").max())["symbol"]
    bars = bars.filter(pl.col("symbol").is_in(full.implode()))
    wrong = compare(python, bars)
    print(f"{len(full)} symbols, {len(bars)} bars: {wrong} outputs differ")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
