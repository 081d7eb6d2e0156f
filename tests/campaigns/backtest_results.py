"""What a run says and comes to, as plain values that JSON can hold; zipline's runs and rustybt's alike."""

import numpy as np
import pandas as pd  # noqa: TID253 - zipline's own process reads frames, too

LISTS = ("orders", "transactions", "positions")
ORDER = (
    *("created", "dt", "amount", "filled", "commission", "limit", "stop"),
    *("limit_reached", "stop_reached", "status"),
)


def plain(value):
    """Return what a strategy tells as JSON has it."""
    if isinstance(value, (list, tuple)):
        return [plain(it) for it in value]
    if isinstance(value, (pd.Series, pd.DataFrame)):
        return plain(value.to_numpy().ravel().tolist())
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(getattr(value, "symbol", value))


def results(perf):
    """Return a result frame as plain values."""
    numbers = {}
    perf.columns = [str(it) for it in perf.columns]
    for name in perf.columns:
        if name not in LISTS:
            numbers[name] = [
                None if it is None or it is pd.NaT else plain(it) for it in perf[name].tolist()
            ]
    return {
        "columns": numbers,
        "orders": [
            [[it["sid"].sid, *(plain(it[name]) for name in ORDER)] for it in day]
            for day in perf["orders"]
        ],
        "fills": [
            [[str(it["dt"]), it["sid"].sid, float(it["amount"]), float(it["price"])] for it in day]
            for day in perf["transactions"]
        ],
        "positions": [
            [
                [
                    it["sid"].sid,
                    *(float(it[name]) for name in ("amount", "cost_basis", "last_sale_price")),
                ]
                for it in day
            ]
            for day in perf["positions"]
        ],
    }
