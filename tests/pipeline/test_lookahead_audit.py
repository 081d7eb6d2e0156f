"""The audit finds a pipeline that sees the future, and clears one that does not."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from typing_extensions import override

from rustybt.cli import main
from rustybt.errors import TermParameterError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.expression import Factor
from rustybt.pipeline.factors import RSI, SimpleMovingAverage
from rustybt.pipeline.lookahead import audit_lookahead
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.quantity import Quantity, call

CLOSE = EquityPricing.close
SPAN = (dt.date(2024, 1, 5), dt.date(2024, 1, 31))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AllTime(Factor):
    """A factor that sees all of history, the future too."""

    scope = Scope.ROW

    @override
    def express(self, *inputs):
        from sqlglot import exp

        window = exp.Window(this=call("max", inputs[0].sql), partition_by=[exp.column("sid")])
        return Quantity(window)


HONEST = Pipeline(
    {
        "mean": SimpleMovingAverage(inputs=[CLOSE], window_length=5),
        "rank": RSI(window_length=4).rank(),
        "volume": EquityPricing.volume.latest,
        "rising": CLOSE.latest > SimpleMovingAverage(inputs=[CLOSE], window_length=3),
    }
)
CHEAT = Pipeline({"mean": HONEST.columns["mean"], "best": AllTime(inputs=(CLOSE.latest,))})


def test_honest_pipeline_is_cleared(small):
    found = audit_lookahead(HONEST, *SPAN, bundle="small", warehouse=small)
    assert found
    assert len(found.sessions) == 4
    assert found.rows > 300


def test_cheating_column_is_found_and_named(small):
    found = audit_lookahead(CHEAT, *SPAN, bundle="small", warehouse=small, cuts=2)
    assert not found
    assert {it.column for it in found.leaks} == {"best"}


def test_a_leak_says_where_and_what(small):
    found = audit_lookahead(CHEAT, *SPAN, bundle="small", warehouse=small, cuts=2)
    leak = next(it for it in found.leaks if it.future == "poisoned")
    assert leak.found != leak.value
    assert leak.session <= leak.known_before


def test_a_row_that_the_future_decides_is_found(small):
    best = AllTime(inputs=(CLOSE.latest,))
    pipe = Pipeline({"close": CLOSE.latest}, screen=best > 150)
    found = audit_lookahead(pipe, *SPAN, bundle="small", warehouse=small, cuts=2)
    assert {it.column for it in found.leaks} == {"(rows)"}


@pytest.mark.parametrize("cuts", [0, -1, True, 2.5])
def test_number_of_cuts_is_checked(small, cuts):
    with pytest.raises(TermParameterError, match="cuts"):
        audit_lookahead(HONEST, *SPAN, bundle="small", warehouse=small, cuts=cuts)


FILE = """
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing

pipe = Pipeline({"close": EquityPricing.close.latest})
"""


def test_command_clears_an_honest_file(small, tmp_path: Path):
    file = tmp_path / "pipe.py"
    file.write_text(FILE)
    said = ["audit", "lookahead", str(file), "-b", "small", "--root", str(small.root)]
    result = CliRunner().invoke(main, [*said, "-s", "2024-01-05", "-e", "2024-01-31"])
    assert result.exit_code == 0, result.output
    assert "No look-ahead" in result.stderr
