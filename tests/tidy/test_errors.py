"""Each package has one tree of errors, drawn where it is defined, each raised in some test."""

import importlib
import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TESTS = "\n".join(
    p.read_text() for p in CHECKOUT.glob("tests/**/*.py") if p.name != Path(__file__).name
)


def descendants(root: type) -> list[type]:
    found = []
    for child in root.__subclasses__():
        found += [child, *descendants(child)]
    return found


def tree(module: str, root: str) -> list[type]:
    return descendants(getattr(importlib.import_module(module), root))


HOMES = ("warehouse.errors", "rustybt.errors")
ALL = [*tree("warehouse.errors", "WarehouseError"), *tree("rustybt.errors", "RustyBTError")]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_is_drawn(error):
    home = next(it for it in HOMES if error.__module__.startswith(it))
    assert error.__name__ in importlib.import_module(home).__doc__


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_is_named_in_a_test(error):
    assert re.search(rf"\b{error.__name__}\b", TESTS) or error.__subclasses__(), "no test names it"


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_ends_in_error(error):
    assert error.__name__.endswith("Error")
