"""The graph of a pipeline: text in DOT everywhere, a picture where Graphviz is."""

import shutil
import stat

import pytest

from rustybt.errors import MissingProgramError, OptionError
from rustybt.pipeline import CustomFactor, Pipeline, TermGraph
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, Returns

CLOSE = EquityPricing.close
PIPE = Pipeline({"rsi": RSI(), "rank": Returns(window_length=5).rank()}, screen=CLOSE.latest > 5)
# Stands in for Graphviz: says what it was asked for and given.
DOT = "#!/bin/sh\nprintf '<svg>%s ' \"$1\"\ncat\nprintf '</svg>'\n"


class Spread(CustomFactor):
    inputs = (EquityPricing.high, EquityPricing.low)
    window_length = 2

    def compute(self, *given):
        _, _, out, high, low = given
        out[:] = high[-1] - low[-1]


@pytest.fixture
def no_graphviz(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def graphviz(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text(DOT)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def test_graph_without_graphviz_is_text(no_graphviz):
    text = str(PIPE.show_graph())
    assert text.startswith("digraph pipeline {")
    assert 'label="rank", shape=cds' in text


def test_picture_without_graphviz_names_the_program(no_graphviz):
    with pytest.raises(MissingProgramError, match=r"'dot'.*Install Graphviz.*show_graph\(\)\.dot"):
        PIPE.show_graph()._repr_svg_()


def test_notebook_draws_what_dot_draws(graphviz):
    graph = PIPE.show_graph()
    assert graph._repr_svg_() == f"<svg>-Tsvg {graph.dot}</svg>"


def test_picture_may_be_of_another_form(graphviz):
    graph = PIPE.show_graph("png")
    assert graph._repr_svg_() is None
    assert graph._repr_png_().startswith(b"<svg>-Tpng ")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_the_text():
    assert b"<svg" in PIPE.show_graph().render()


def test_unknown_form_names_the_known():
    with pytest.raises(OptionError, match="one of svg, png, jpeg"):
        PIPE.show_graph("pdf")


def test_terms_come_behind_their_inputs():
    ordered = list(PIPE.show_graph().ordered())
    places = {term: number for number, term in enumerate(ordered)}
    assert all(places[it] < places[term] for term in ordered for it in term.needs)


def test_each_term_stands_once():
    assert str(PIPE.show_graph()).count('label="EquityPricing.close",') == 1


def test_screen_is_part_of_it():
    assert 'label="screen"' in PIPE.show_graph().dot


def test_inputs_of_python_are_part_of_it():
    graph = TermGraph({"spread": Spread()})
    assert EquityPricing.high in graph
    assert EquityPricing.open not in graph


def test_quotes_are_escaped():
    text = Pipeline({'say "no"\\': CLOSE.latest}).show_graph().dot
    assert r'label="say \"no\"\\"' in text


def test_outputs_are_the_columns():
    assert PIPE.show_graph().outputs == PIPE.columns
