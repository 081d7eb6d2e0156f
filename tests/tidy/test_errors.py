"""Each package has one tree of errors, drawn where it is defined, each raised in some test."""

import importlib
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


ALL = [*tree("warehouse.errors", "WarehouseError"), *tree("rustybt.errors", "RustyBTError")]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_is_drawn(error):
    module = importlib.import_module(error.__module__)
    assert error.__name__ in module.__doc__
    assert error.__module__ in {"warehouse.errors", "rustybt.errors"}


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_is_raised_in_a_test(error):
    parents = [p.__name__ for p in ALL if p is not error and issubclass(p, error)]
    assert error.__name__ in TESTS or parents, "no test names it"


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_ends_in_error(error):
    assert error.__name__.endswith("Error")
