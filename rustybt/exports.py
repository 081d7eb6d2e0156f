"""Results in the forms that pyfolio, quantstats and alphalens take.

None of them is imported: the forms are those that their documents describe.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rustybt.errors import OptionError
from rustybt.metrics.rows import snapshot_of
from rustybt.metrics.tables import session_days

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.pipeline.result import PipelineResult

_CASH: Final = "cash"
_FILL: Final = ("amount", "price", "symbol", "order_id", "commission")


class Pyfolio(NamedTuple):
    """What ``pyfolio.create_full_tear_sheet(returns, positions, transactions)`` takes.

    Parameters
    ----------
    returns
        Daily returns, Series by session (UTC midnight), named ``returns``.
    positions
        Trade currency by session (UTC midnight): a column a symbol, 0.0 where none is held, and the
        column ``cash`` last.
    transactions
        A row a fill by its instant (UTC): ``amount`` (units, negative when sold), ``price``, ``symbol``,
        ``order_id``, ``commission``, ``sid``, ``txn_dollars`` (minus amount times price).
    """

    returns: "pd.Series[float]"
    positions: "pd.DataFrame"
    transactions: "pd.DataFrame"


def to_pyfolio(perf: "pd.DataFrame") -> Pyfolio:
    """Return a result frame as pyfolio takes it.

    Raises
    ------
    OptionError
        The frame has no metrics, as ``metrics_set="none"`` makes it.
    """
    import pandas as pd

    _require(perf)
    days = pd.DatetimeIndex(session_days(perf), tz="UTC", name="index").as_unit("ns")
    returns = pd.Series(perf["returns"].to_numpy(), index=days, name="returns")
    return Pyfolio(returns, _positions(perf, days), _transactions(perf))


def to_quantstats(perf: "pd.DataFrame") -> "pd.Series[float]":
    """Return the daily returns as quantstats takes them: by session, naive Timestamps.

    Raises
    ------
    OptionError
        The frame has no metrics, as ``metrics_set="none"`` makes it.
    """
    import pandas as pd

    _require(perf)
    days = pd.DatetimeIndex(session_days(perf), name="Date").as_unit("ns")
    return pd.Series(perf["returns"].to_numpy(), index=days, name="Strategy")


def to_alphalens(
    result: "PipelineResult", factor: str, price: str
) -> "tuple[pd.Series[float], pd.DataFrame]":
    """Return a pipeline's result as ``alphalens.utils.get_clean_factor_and_forward_returns`` takes it.

    Parameters
    ----------
    result
        Of `Pipeline.run`, with one row a session and asset.
    factor
        Column of the factor.
    price
        Column of the price at which a factor is acted on. Row N of a pipeline holds what was known
        before the open of session N, so the price of row N is that of the session before: good for an
        estimate, and never of the future.

    Returns
    -------
    Series, DataFrame
        The factor by ``date`` (UTC midnight) and ``asset`` (symbol), without missing ones; and the
        prices, a row a session and a column a symbol.

    Raises
    ------
    OptionError
        The result has no such column, or a symbol stands twice in a session.
    """
    import pandas as pd

    table = result.arrow()
    for option, name in (("factor", factor), ("price", price)):
        if name not in table.column_names[3:]:
            raise OptionError(option, name, f"a column: {', '.join(table.column_names[3:])}")
    dates = pd.DatetimeIndex(table.column("session").to_numpy(), tz="UTC").as_unit("ns")
    symbols = table.column("symbol").to_pylist()
    index = pd.MultiIndex.from_arrays([dates, symbols], names=["date", "asset"])
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise OptionError("result", twice, "each symbol once in a session")
    factors = pd.Series(table.column(factor).to_numpy(), index=index, name=factor)
    prices = pd.Series(table.column(price).to_numpy(), index=index).unstack("asset")  # noqa: PD010 - a pivot that checks, as done above
    return factors.dropna(), prices


def _require(perf: "pd.DataFrame") -> None:
    if "returns" not in perf:
        raise OptionError("perf", list(perf.columns), "a result frame with metrics")


def _positions(perf: "pd.DataFrame", days: "pd.DatetimeIndex") -> "pd.DataFrame":
    import pandas as pd

    values: dict[str, dict[int, float]] = {}
    for number, rows in enumerate(perf["positions"].tolist()):
        held = snapshot_of(rows)
        for asset, amount, price in zip(held.assets, held.amounts, held.prices, strict=True):
            of = values.setdefault(asset.symbol, {})
            of[number] = of.get(number, 0.0) + float(amount) * float(price)
    columns: dict[str, Any] = {
        symbol: [of.get(number, 0.0) for number in range(len(days))]
        for symbol, of in sorted(values.items())
    }
    columns[_CASH] = perf["ending_cash"].to_numpy()
    return pd.DataFrame(columns, index=days)


def _transactions(perf: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    fills = [{**it, "symbol": it["sid"].symbol} for day in perf["transactions"] for it in day]
    index = pd.DatetimeIndex([it["dt"] for it in fills], tz="UTC").as_unit("ns")
    frame = pd.DataFrame({name: [it[name] for it in fills] for name in _FILL}, index=index)
    frame["sid"] = frame["symbol"]
    frame["txn_dollars"] = -frame["amount"] * frame["price"]
    return frame
