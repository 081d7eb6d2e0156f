"""What a strategy file may hold."""

import pytest

from rustybt.algorithm import TradingAlgorithm
from rustybt.algorithm.file import load_strategy
from rustybt.errors import StrategyFileError

TWO = """
from rustybt.algorithm import TradingAlgorithm

class One(TradingAlgorithm): ...
class Two(TradingAlgorithm): ...
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "holds neither|no strategy|TradingAlgorithm"),
        (TWO, "One.*Two"),
        ("def initialize(:", "line 1: SyntaxError"),
        ("\n\n1 / 0", "line 3: ZeroDivisionError"),
    ],
)
def test_refused_with_its_reason(tmp_path, text, told):
    path = tmp_path / "strategy.py"
    path.write_text(text)
    with pytest.raises(StrategyFileError, match=told):
        load_strategy(str(path))


def test_class_is_chosen_by_name(tmp_path):
    path = tmp_path / "strategy.py"
    path.write_text(TWO)
    chosen = load_strategy(f"{path}:Two")
    assert isinstance(chosen, TradingAlgorithm)
    assert type(chosen).__name__ == "Two"


def test_missing_file_and_missing_class(tmp_path):
    with pytest.raises(StrategyFileError, match="no such file"):
        load_strategy(str(tmp_path / "none.py"))
    (tmp_path / "strategy.py").write_text(TWO)
    with pytest.raises(StrategyFileError, match=r"Three.*One, Two"):
        load_strategy(f"{tmp_path / 'strategy.py'}:Three")
