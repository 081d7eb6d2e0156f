"""The word of a strategy that reads values from a CSV file, each known from its date on."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, cast

from rustybt.algorithm.words import Words
from rustybt.assets import Asset
from rustybt.errors import FetchFileError, OptionError, UnknownSymbolError
from rustybt.simulation.clock import Phase
from rustybt.simulation.fetched import Fetched

if TYPE_CHECKING:
    import pandas as pd

Change = Callable[["pd.DataFrame"], "pd.DataFrame"]

log = logging.getLogger(__name__)


class FetchWords(Words):
    """The part of `rustybt.algorithm.TradingAlgorithm` that fetches."""

    def fetch_csv(  # noqa: PLR0913, PLR0917 - zipline's parameters, in its order
        self,
        url: str | os.PathLike[str],
        pre_func: Change | None = None,
        post_func: Change | None = None,
        date_column: str = "date",
        date_format: str | None = None,
        timezone: str | tzinfo = "UTC",
        symbol: str | None = None,
        mask: bool = True,  # noqa: FBT001, FBT002 - zipline's
        symbol_column: str | None = None,
        **options: Any,
    ) -> "pd.DataFrame":
        """Read a CSV file whose columns `data.current` then gives; in ``initialize`` only.

        A row is known from the first bar at or after its date on, until a later row of the same
        asset takes its place. A date without a time is midnight, so the bar of that session knows
        it and ``before_trading_start`` does not yet.

        Parameters
        ----------
        url
            URL, or path of a local file; what `pandas.read_csv` takes.
        pre_func
            Changes the frame as read, before dates and symbols are looked at.
        post_func
            Changes the frame when it is indexed by instant (UTC) and has a column ``sid`` of assets
            or names.
        date_column
            Column of the dates.
        date_format
            How they are written, as for `datetime.strptime`. If None, ISO 8601, or else what pandas finds
        out from the first of them.
        timezone
            Zone of dates that name none.
        symbol
            Name of what the whole file is about, such as ``'VIX'``: then
            ``data.current('VIX', column)``.
        mask
            Whether rows of symbols that the bundle does not know are left out, which is logged as a
            warning; else they are kept under the symbol as name.
        symbol_column
            Column of the symbols, ``'symbol'`` if None; not looked at where `symbol` is given.
        **options
            For `pandas.read_csv`.

        Returns
        -------
        pandas.DataFrame
            What was registered.

        Raises
        ------
        HookError
            Outside ``initialize``.
        FetchFileError
            The file cannot be read, lacks a column, or holds a date that is none.
        """
        self._only_in("fetch_csv", Phase.INITIALIZE)
        for name, function in (("pre_func", pre_func), ("post_func", post_func)):
            if function is not None and not callable(function):
                raise OptionError(name, function, "a function of a DataFrame, or None")
        frame = _read(url, options)
        frame = frame if pre_func is None else pre_func(frame)
        owners = symbol_column or "symbol"
        _require(url, frame, [date_column] if symbol else [date_column, owners])
        instants = _instants(url, frame.pop(date_column), date_format, timezone)
        frame = frame.set_axis(instants, axis="index")
        if symbol is not None:
            frame["sid"] = symbol
        else:
            frame = self._with_assets(frame, owners, mask=mask)
        frame = frame.sort_index(kind="stable")
        frame = frame if post_func is None else post_func(frame)
        self._register(frame)
        return frame

    def _with_assets(self, frame: "pd.DataFrame", owners: str, *, mask: bool) -> "pd.DataFrame":
        """Return the frame with a column ``sid`` of assets in place of the symbols."""
        symbols = frame.pop(owners).astype(str)
        known = {it: self._owner(it) for it in symbols.unique()}
        frame["sid"] = symbols.map(known).astype(object)
        unknown = frame["sid"].map(lambda it: isinstance(it, str)).to_numpy(dtype=bool)
        if not mask or not unknown.any():
            return frame
        names = sorted(it for it, owner in known.items() if isinstance(owner, str))
        log.warning(
            "fetch_csv left out %d rows of symbols that bundle %r does not know: %s.",
            unknown.sum(),
            self._run.market.bundle,
            ", ".join(names),
        )
        return frame[~unknown]

    def _owner(self, symbol: str) -> Asset | str:
        try:
            return self._run.market.finder.lookup_symbol(symbol, self._run.settings.end)
        except UnknownSymbolError:
            return symbol

    def _register(self, frame: "pd.DataFrame") -> None:
        data = self._run.data
        fetched = data.fetched = data.fetched or Fetched()
        fields = [it for it in frame.columns if it != "sid"]
        for owner, rows in frame.groupby("sid", sort=False):
            instants = rows.index.tolist()
            for field in fields:
                column = list(zip(instants, rows[field].tolist(), strict=True))
                fetched.add(cast("Asset | str", owner), str(field), column)


def _read(url: str | os.PathLike[str], options: Mapping[str, Any]) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame: pd.DataFrame = pd.read_csv(url, **options)
    except TypeError as error:
        raise OptionError("fetch_csv", options, f"options of pandas.read_csv: {error}") from error
    except (OSError, ValueError) as error:
        raise FetchFileError(str(url), f"it cannot be read: {error}") from error
    return frame


def _require(url: object, frame: "pd.DataFrame", columns: list[str]) -> None:
    missing = [it for it in columns if it not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise FetchFileError(str(url), f"no column {missing[0]!r} among {found}")


def _instants(
    url: object, dates: "pd.Series[Any]", date_format: str | None, timezone: str | tzinfo
) -> "pd.DatetimeIndex":
    import pandas as pd

    try:
        found = pd.DatetimeIndex(_parsed(dates, date_format))
        found = found.tz_localize(timezone) if found.tz is None else found
    except (ValueError, TypeError, LookupError) as error:
        raise FetchFileError(str(url), f"a date of {dates.name!r} is none: {error}") from error
    if found.hasnans:
        raise FetchFileError(str(url), f"{dates.isna().sum()} rows have no {dates.name!r}")
    return found.tz_convert("UTC").rename("dt")


def _parsed(dates: "pd.Series[Any]", date_format: str | None) -> "pd.Series[Any]":
    """Return dates as instants; with or without times as ISO 8601 says, else all of one format."""
    import pandas as pd

    if date_format is not None:
        return pd.to_datetime(dates, format=date_format)
    try:
        return pd.to_datetime(dates, format="ISO8601")
    except ValueError:
        return pd.to_datetime(dates)
