"""Calls of zipline's users that a word, an asset or an option has to take, or refuse in words."""

import datetime as dt

import pandas as pd  # noqa: TID253
import pytest

from rustybt import TradingAlgorithm, run_algorithm
from rustybt.assets import AssetFinder
from rustybt.data.bundles import Request
from rustybt.data.cache.manager import CacheManager
from rustybt.errors import OptionError, RequestError, SweepError
from rustybt.sweeps import run_sweep
from warehouse import open as open_warehouse

SPAN = {"start": "2020-01-06", "end": "2020-01-08", "bundle": "small", "store": False}


@pytest.fixture
def root(make_bundle):
    return make_bundle({"A": [10.0, 11.0, 12.0], "B": [10.0, 11.0, 12.0]})


def lived(root, call):
    """Return what a call in the first session returns, and the result frame."""
    found = []

    def handle_data(context, data):
        found.append(call(context))

    return found, run_algorithm(**SPAN, root=root, handle_data=handle_data)


def test_an_asset_has_the_names_of_zipline(root):
    with open_warehouse(root) as wh:
        finder = AssetFinder(wh, "small")
        asset = finder.lookup_symbol("B")
        assert finder.equities_sids_for_country_code("US") == finder.equities_sids == (0, 1)
        assert finder.equities_sids_for_country_code("GB") == ()
    first, last = pd.Timestamp("2020-01-06"), pd.Timestamp("2020-01-08")
    assert (asset.start_date, asset.first_traded, asset.end_date) == (first, first, last)
    assert int(asset) == asset.sid == 1
    alive = [asset.is_alive_for_session(it) for it in (first, last, last + pd.Timedelta(days=1))]
    assert alive == [True, True, False]
    assert asset.is_alive_for_session(dt.date(2020, 1, 7))
    told = asset.to_dict()
    assert (told["symbol"], told["last_session"], "end" in told) == ("B", last.date(), False)


def test_record_takes_names_and_values_in_turn(root):
    _, perf = lived(root, lambda context: context.record("a", 1, "b", 2, c=3))
    assert perf[["a", "b", "c"]].to_numpy().tolist() == [[1, 2, 3]] * 3


@pytest.mark.parametrize("pairs", [(5,), ("a",), ("a", 1, "b"), (1, "a")])
def test_record_refuses_what_is_no_pair(root, pairs):
    with pytest.raises(OptionError, match="names, each a text with its value behind it"):
        lived(root, lambda context: context.record(*pairs))


@pytest.mark.parametrize("zone", ["Mars/X", ""])
def test_get_datetime_refuses_what_is_no_zone(root, zone):
    with pytest.raises(OptionError, match="Option tz: expected a time zone such as"):
        lived(root, lambda context: context.get_datetime(zone))


@pytest.mark.parametrize("params", [[1], "fast=1", 5])
def test_parameters_are_a_mapping(root, params):
    with pytest.raises(OptionError, match="Option params: expected a mapping"):
        run_algorithm(**SPAN, root=root, algorithm=TradingAlgorithm, params=params)


@pytest.mark.parametrize("strategy", [5, None, ["s.py"]])
def test_a_sweep_needs_a_strategy(strategy):
    with pytest.raises(SweepError, match="Sweep with strategy"):
        run_sweep(strategy, {"fast": [5]}, start="2020-01-06", end="2020-01-08", bundle="small")


@pytest.mark.parametrize("wrong", [{"n_workers": 0}, {"n_workers": True}, {"on_error": "skip"}])
def test_a_request_says_how_many_read_and_what_an_error_does(wrong):
    with pytest.raises(RequestError, match=next(iter(wrong))):
        Request(**wrong)


@pytest.mark.parametrize("size", ["1GB", -1, float("nan"), [5]])
def test_a_cache_has_a_size(tmp_path, size):
    with pytest.raises(OptionError, match="megabytes, 0 for none"):
        CacheManager(max_memory_mb=size, disk_cache_path=tmp_path)
