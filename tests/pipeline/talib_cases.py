"""Which indicator equals which function of TA-Lib, and the made bars that both are run on."""

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import indicators as ours
from rustybt.pipeline.factors.outputs import MultiFactor

BARS = ("high", "low", "close")
TRADED = (*BARS, "volume")


class Case(NamedTuple):
    """An indicator and the function of TA-Lib that it equals.

    Parameters
    ----------
    term
        The indicator.
    talib
        Name of the function.
    fields
        The series that the function takes.
    parameters
        Its other arguments.
    order
        Which output of the function is the first, second … of ours.
    """

    term: Any
    talib: str
    fields: tuple[str, ...]
    parameters: dict[str, float]
    order: tuple[int, ...] = (0,)


def _case(
    name: str, *fields: str, order: tuple[int, ...] = (0,), cls: Any = None, **parameters: float
) -> Case:
    kind = cls or getattr(ours, name)
    inputs = {"inputs": [EquityPricing.volume]} if fields == ("volume",) else {}
    return Case(kind(**inputs, **parameters), name, fields or ("close",), parameters, order)


_UNEVEN = {
    "startvalue": 70.0,
    "offsetonreverse": 0.02,
    "accelerationinitlong": 0.03,
    "accelerationlong": 0.01,
    "accelerationmaxlong": 0.15,
    "accelerationinitshort": 0.3,
    "accelerationshort": 0.04,
    "accelerationmaxshort": 0.25,
}
_ALL = [
    *(_case(it) for it in ("EMA", "DEMA", "TEMA", "T3", "KAMA", "WMA", "TRIMA", "TRIX", "CMO")),
    *(_case(it, timeperiod=7) for it in ("EMA", "DEMA", "TEMA", "T3", "KAMA", "WMA", "TRIMA")),
    _case("TRIMA", timeperiod=8),
    _case("T3", timeperiod=4, vfactor=0.4),
    _case("TRIX", timeperiod=5),
    _case("CMO", timeperiod=6),
    _case("RSI", cls=ours.WilderRSI),
    _case("RSI", cls=ours.WilderRSI, timeperiod=5),
    _case("MACD", order=(0, 1, 2)),
    _case("MACD", order=(0, 1, 2), fastperiod=5, slowperiod=13, signalperiod=4),
    _case("MACDFIX", order=(0, 1, 2)),
    _case("MACDFIX", order=(0, 1, 2), signalperiod=5),
    _case("MACDEXT", order=(0, 1, 2)),
    *(
        _case("MACDEXT", order=(0, 1, 2), slowperiod=13, **kinds)
        for kinds in (
            {"fastmatype": 1, "slowmatype": 1, "signalmatype": 1},
            {"fastmatype": 4, "slowmatype": 2, "signalmatype": 3},
            {"fastmatype": 6, "slowmatype": 5, "signalmatype": 8, "signalperiod": 3},
            {"fastmatype": 0, "slowmatype": 6, "signalmatype": 6, "fastperiod": 3},
            {"fastmatype": 8, "slowmatype": 3, "signalmatype": 4, "fastperiod": 3},
        )
    ),
    _case("APO"),
    _case("PPO"),
    _case("APO", matype=0, fastperiod=3, slowperiod=8),
    _case("PPO", matype=3, fastperiod=3, slowperiod=8),
    _case("BBANDS", order=(0, 1, 2)),
    _case("BBANDS", order=(0, 1, 2), timeperiod=9, nbdevup=1.5, nbdevdn=2.5, matype=1),
    *(_case(it) for it in ("MOM", "ROC", "ROCP", "ROCR", "ROCR100")),
    _case("STOCH", *BARS, order=(0, 1)),
    _case("STOCH", *BARS, order=(0, 1), fastk_period=9, slowk_matype=1, slowd_period=4),
    _case("STOCHF", *BARS, order=(0, 1)),
    _case("STOCHF", *BARS, order=(0, 1), fastk_period=8, fastd_matype=1),
    _case("STOCHRSI", order=(0, 1)),
    _case("STOCHRSI", order=(0, 1), timeperiod=9, fastk_period=7, fastd_matype=1),
    *(_case(it, *BARS) for it in ("WILLR", "CCI", "ULTOSC", "ADX", "ADXR", "DX", "ATR", "NATR")),
    *(
        _case(it, *BARS, timeperiod=6)
        for it in ("WILLR", "CCI", "ADX", "ADXR", "DX", "ATR", "NATR")
    ),
    _case("ULTOSC", *BARS, timeperiod1=3, timeperiod2=5, timeperiod3=11),
    *(_case(it, *BARS) for it in ("PLUS_DI", "MINUS_DI", "TRANGE", "TYPPRICE", "WCLPRICE")),
    *(_case(it, *BARS[:2]) for it in ("PLUS_DM", "MINUS_DM", "AROONOSC", "MEDPRICE", "MIDPRICE")),
    *(_case(it, *BARS, timeperiod=5) for it in ("PLUS_DI", "MINUS_DI")),
    *(_case(it, *BARS[:2], timeperiod=5) for it in ("PLUS_DM", "MINUS_DM", "AROONOSC")),
    _case("AROON", *BARS[:2], order=(0, 1)),
    _case("OBV", "close", "volume"),
    *(_case(it, *TRADED) for it in ("AD", "ADOSC", "MFI")),
    _case("ADOSC", *TRADED, fastperiod=4, slowperiod=7),
    *(_case(it, "open", *BARS) for it in ("BOP", "AVGPRICE")),
    *(
        _case(it)
        for it in ("MIDPOINT", "LINEARREG", "LINEARREG_SLOPE", "LINEARREG_INTERCEPT", "TSF")
    ),
    *(_case(it, timeperiod=5) for it in ("LINEARREG", "LINEARREG_SLOPE", "TSF")),
    *(_case("LINEARREG_ANGLE", timeperiod=it) for it in (5, 14)),
    *(_case(it) for it in ("STDDEV", "VAR", "MAX", "MIN", "SUM")),
    _case("MINMAX", order=(0, 1)),
    _case("MINMAX", order=(0, 1), timeperiod=4),
    # Of volumes, of which no two in a window are equal.
    *(_case(it, "volume", timeperiod=n) for it in ("MAXINDEX", "MININDEX") for n in (6, 25)),
    *(_case("MINMAXINDEX", "volume", order=(0, 1), timeperiod=n) for n in (6, 25)),
    _case("STDDEV", timeperiod=11, nbdev=2.0),
    _case("CORREL", "high", "low"),
    _case("BETA", "high", "low"),
    _case("CORREL", "high", "low", timeperiod=8),
    _case("BETA", "high", "low", timeperiod=9),
    _case("SAR", *BARS[:2]),
    _case("SAR", *BARS[:2], acceleration=0.05, maximum=0.11),
    _case("SAREXT", *BARS[:2]),
    _case("SAREXT", *BARS[:2], **_UNEVEN),
    _case("SAREXT", *BARS[:2], startvalue=-70.0, accelerationlong=0.3),
    *(_case(f"HT_{it}") for it in ("DCPERIOD", "DCPHASE", "TRENDLINE", "TRENDMODE")),
    *(_case(f"HT_{it}", order=(0, 1)) for it in ("PHASOR", "SINE")),
    _case("MAMA", order=(0, 1)),
    _case("MAMA", order=(0, 1), fastlimit=0.7, slowlimit=0.1),
]
CASES = {
    " ".join([it.talib.lower(), *(f"{name}={value}" for name, value in it.parameters.items())]): it
    for it in _ALL
}


def outputs_of(case: Case) -> dict[str, Any]:
    """Return the columns of a pipeline that has all outputs of a case."""
    if isinstance(case.term, MultiFactor):
        return {name: case.term.output(name) for name in case.term.outputs}
    return {"value": case.term}


def made_bars() -> pl.DataFrame:
    """Two assets over 120 sessions without a gap, prices of two decimals, made by a formula."""
    days = [dt.date(2024, 1, 2) + dt.timedelta(days=it) for it in range(200)]
    weekdays = [it for it in days if it.weekday() < 5 and it not in _CLOSED][:120]
    rows = []
    for symbol, step in (("A", 7), ("B", 11)):
        for day, session in enumerate(weekdays):
            wave = 9 * np.sin(day / step) + (day * (step + 3) * 13) % 17 / 4
            close = round(60 + 3 * step + wave + day * 0.03, 2)
            spread = 0.3 + (day * step) % 7 / 5
            opened = round(close - 0.45 + (day * 5 + step) % 9 / 10, 2)
            rows.append(
                {
                    "symbol": symbol,
                    "date": session,
                    "open": opened,
                    "high": round(max(opened, close) + spread, 2),
                    "low": round(min(opened, close) - 1.1 * spread, 2),
                    "close": close,
                    "volume": 1000.0 + 37 * ((day * (3 + step)) % 29),
                }
            )
    return pl.DataFrame(rows)


_CLOSED = {
    dt.date(2024, 1, 15),
    dt.date(2024, 2, 19),
    dt.date(2024, 3, 29),
    dt.date(2024, 5, 27),
    dt.date(2024, 6, 19),
}
