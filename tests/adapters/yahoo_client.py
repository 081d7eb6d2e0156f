"""Asks the server for a chart with the real yfinance, in a process of its own.

Its arguments: symbol, start, end, interval and a folder for its caches; HTTPS_PROXY and the like lead
to the server. It prints the rows as JSON, or the name of the exception.
"""

import json
import sys
import warnings

import pandas as pd  # noqa: TID253 - a program of its own
import yfinance as yf  # noqa: TID253

symbol, start, end, interval, cache = sys.argv[1:]
warnings.filterwarnings("ignore", category=pd.errors.Pandas4Warning)
yf.set_tz_cache_location(cache)
yf.config.debug.hide_exceptions = False
try:
    rows = yf.Ticker(symbol).history(
        start=start, end=end, interval=interval, auto_adjust=False, actions=True, timeout=10
    )
except Exception as error:  # noqa: BLE001 - any of them is the answer
    print(json.dumps(type(error).__name__))
else:
    print(rows.reset_index(names="at").to_json(orient="records", date_format="iso"))
