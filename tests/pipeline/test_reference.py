"""The reference page is of today, complete, and names tests and places that exist."""

import importlib
import inspect
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from rustybt.cli import main
from rustybt.pipeline import Classifier, Factor, Filter, classifiers, factors, filters
from rustybt.pipeline.expression import Applied
from rustybt.pipeline.reference.entry import entry_of_class
from rustybt.pipeline.reference.examples import METHODS
from rustybt.pipeline.reference.fixes import FIXES
from rustybt.pipeline.reference.names import OTHER, SAME, TALIB
from rustybt.pipeline.term import Term

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "rustybt/pipeline/REFERENCE.md"
BASES = {Classifier, Factor, Filter, factors.RecarrayField, factors.WindowedFactor}
BASES |= {filters.WindowedFilter, classifiers.Relabel, filters.Latest, classifiers.Latest}
# Their `compute` is the user's, and so are formula, units and nulls.
OF_USERS = {factors.CustomFactor, filters.CustomFilter, classifiers.CustomClassifier}
TERMS = {
    getattr(module, name)
    for module in (factors, filters, classifiers)
    for name in module.__all__
    if issubclass(getattr(module, name), Term)
} - BASES
NOT_MADE = {"class_named", "express", "compute", "grown"}


@pytest.fixture(scope="session")
def page():
    """What the command prints: every example compiled, so it is made once a process."""
    done = CliRunner().invoke(main, ["pipeline", "reference"])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="session")
def entries(page):
    parts = re.split(r"^### ", page, flags=re.MULTILINE)[1:]
    return {re.match(r"`([\w.]+)", it)[1]: it for it in parts}


def test_page_is_of_today(page):
    assert PAGE.read_text() == page, "stale: `make reference` writes it anew"


@pytest.mark.parametrize("cls", sorted(TERMS, key=lambda it: it.__name__))
def test_every_term_has_an_entry(cls, entries):
    assert cls.__name__ in entries


@pytest.mark.parametrize("cls", sorted(TERMS - OF_USERS, key=lambda it: it.__name__))
def test_every_entry_says(cls, entries):
    notes = ("Formula", "Units", "NULL", "Source")
    assert [it for it in notes if f"- {it}: " not in entries[cls.__name__]] == []


@pytest.mark.parametrize("cls", sorted(TERMS, key=lambda it: it.__name__))
def test_every_term_shows_its_sql(cls, entries):
    shown = entries[cls.__name__]
    assert "\nvalue = " in shown or "-- computed in Python" in shown


@pytest.mark.parametrize("kind", [Factor, Filter, Classifier])
def test_every_method_has_its_example(kind):
    made = {
        f"{kind.__name__}.{name}"
        for name, it in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and name not in NOT_MADE
    }
    assert made <= METHODS.keys()


@pytest.mark.parametrize("name", METHODS)
def test_method_and_its_notes_are_on_the_page(name, entries, page):
    assert name in entries or f"a.{name.split('.')[1]}()" in page
    assert "- Formula: " in entries.get(name, "- Formula: ") or not isinstance(
        METHODS[name], Applied
    )


@pytest.mark.parametrize(("module", "name"), [(a, b) for a, names in SAME.items() for b in names])
def test_name_of_zipline_is_importable(module, name):
    assert getattr(importlib.import_module(f"rustybt.{module}"), name)


@pytest.mark.parametrize("place", [ours for _, ours, _ in OTHER])
def test_other_name_is_importable(place):
    module, _, name = place.rpartition(".")
    assert getattr(importlib.import_module(f"rustybt.{module}"), name)


def test_names_of_talib_that_are_left_out_are_no_indicators():
    assert not {it for names, _ in TALIB for it in names} & set(factors.indicators.__all__)


@pytest.mark.parametrize("fix", FIXES, ids=lambda it: it.of)
def test_fix_names_a_test_that_there_is(fix):
    file, _, test = fix.test.partition("::")
    assert f"def {test}(" in (CHECKOUT / file).read_text()


def test_no_entry_depends_on_this_process(page):
    assert not re.search(r"0x[0-9a-f]{6,}", page)


def test_long_sql_is_cut_and_says_so():
    entry = entry_of_class(factors.ADX, factors.ADX(timeperiod=3)).text()
    assert "left out here, and not in to_sql()" in entry
    assert len(entry) < 5_000


def test_page_is_no_module_that_an_import_loads():
    import subprocess
    import sys

    code = "import sys, rustybt.pipeline; print('rustybt.pipeline.reference' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
