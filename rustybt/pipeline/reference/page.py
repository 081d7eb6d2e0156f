"""The page: which entries there are, in which order, and the tables about zipline."""

import inspect
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, Final

import rustybt.pipeline.data as datasets
from rustybt.pipeline import classifiers, factors, filters, loaders
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Classifier, Factor, Filter
from rustybt.pipeline.operation import FUNCTIONS, Elementwise
from rustybt.pipeline.reference.entry import (
    Entry,
    entry_of_class,
    entry_of_described,
    entry_of_method,
    notes_of,
    sql_lines,
)
from rustybt.pipeline.reference.examples import CLASSES, METHODS, OPERATORS
from rustybt.pipeline.reference.fixes import FIXES
from rustybt.pipeline.reference.names import NOWHERE, OTHER, SAME, TALIB
from rustybt.pipeline.term import Term

_BASES: Final = {
    *("Classifier", "Factor", "Filter", "RecarrayField", "Relabel"),
    *("WindowedFactor", "WindowedFilter"),
}
_ZIPLINE: Final = "zipline-reloaded 3.2.1"
_OURS: Final = {"percentile_rank", "shift"}  # methods that zipline has not
_HEAD: Final = """\
# Reference of the pipeline

Made by `rustybt pipeline reference` from the terms themselves; a test fails when it is not of today.

- Row *N* of a result holds what was known before the open of session *N*. A window of `window_length` sessions ends with
  session *N - 1*. `mask` is a filter: other assets are computed as missing.
- Missing is NULL in SQL and Arrow, NaN in a pandas frame, -1 for labels that are numbers. No number is infinite.
- Deviations are those of a population (ddof 0) unless an entry says otherwise.
- The SQL is that of the portable form, `Pipeline.to_sql()`: what is added to the spine, stage by stage, and the value that
  comes out. The spine has a row per session and asset, with prices free of actions (`close_q`) and the products of the
  ratios of all actions so far (`price_scale`, of splits alone `split_scale`). `README.md` says how a run executes it.
"""


def reference() -> str:
    """Return the page in Markdown."""
    sections = {
        "Factors": _classes(factors, indicators=False),
        "Indicators": _classes(factors, indicators=True),
        "Filters": _classes(filters, indicators=False),
        "Classifiers": _classes(classifiers, indicators=False),
        "Methods of factors": _methods("Factor", Factor),
        "Methods of filters": _methods("Filter", Filter),
        "Methods of classifiers": _methods("Classifier", Classifier),
    }
    parts = [_HEAD, _contents([*sections, "Operators and functions", "Datasets", *_TABLES])]
    for title, entries in sections.items():
        parts += [f"## {title}\n", *(it.text() for it in entries)]
    parts += ["## Operators and functions\n", _operators()]
    parts += ["## Datasets\n", *_datasets(), *_tables()]
    return "\n".join(parts).rstrip() + "\n"


_TABLES: Final = ("zipline's names", "What is not as in zipline")


def _contents(titles: list[str]) -> str:
    def anchor(title: str) -> str:
        return title.lower().replace(" ", "-").replace("'", "")

    return " · ".join(f"[{it}](#{anchor(it)})" for it in titles) + "\n"


def _classes(module: ModuleType, *, indicators: bool) -> Iterator[Entry]:
    names: dict[type, list[str]] = {}
    for name in sorted(module.__all__):
        found = getattr(module, name)
        if inspect.isclass(found) and issubclass(found, Term):
            names.setdefault(found, []).append(name)
    for cls in sorted(names, key=lambda it: it.__name__):
        own = cls.__module__.startswith(f"{factors.__name__}.indicators.")
        elsewhere = cls.__name__ in {"LatestFilter", "LatestClassifier"}  # beside `Latest`
        if cls.__name__ in _BASES or own != indicators or elsewhere:
            continue
        aliases = tuple(it for it in names[cls] if it != cls.__name__)
        entry = entry_of_class(cls, _example(cls), aliases)
        yield entry.with_source(_source(module, names[cls]))


def _example(cls: Any) -> Term:
    if cls.__name__ in CLASSES:
        return CLASSES[cls.__name__]
    first: Term = cls.examples()[0]
    return first


def _source(module: ModuleType, names: list[str]) -> str:
    place = module.__name__.removeprefix("rustybt.")
    known = [it for it in names if it in SAME[place]]
    there = [f"{place}.{it}" for it in known]
    there += [was for was, ours, _ in OTHER if ours in {f"{place}.{it}" for it in names}]
    if not there:
        return "rustybt"
    return f"{_ZIPLINE}, `zipline.{there[0]}`"


def _methods(kind: str, of: type) -> Iterator[Entry]:
    for name, example in METHODS.items():
        owner, method = name.split(".")
        if owner == kind and method not in FUNCTIONS and method != "abs":
            entry = entry_of_method(name, getattr(of, method), example)
            said = "rustybt" if method in _OURS else f"{_ZIPLINE}, `{name}`"
            yield entry.with_source(said)


def _operators() -> str:
    lines = [f"- {key}: {text}" for key, text in notes_of(Elementwise).items()]
    lines += ["", "`a` and `b` are factors or numbers, `p` and `q` filters.", ""]
    lines += ["| written | SQL |", "|---|---|"]
    made = dict(OPERATORS)
    functions = [it for it in METHODS if it.split(".")[1] in (*FUNCTIONS, "abs")]
    made |= {f"a.{it.split('.')[1]}()": METHODS[it] for it in functions}
    for name, term in made.items():
        value = sql_lines(term)[-1].partition(" = ")[2]
        lines.append(f"| {_cell(name)} | {_cell(value)} |")
    return "\n".join([*lines, ""])


def _datasets() -> Iterator[str]:
    bars = datasets.EquityPricing
    yield entry_of_described(bars.__name__, bars, signature="").text()
    rows = []
    for name, it in bars.columns.items():
        changed = "splits and dividends" if it.price else "splits" if it.shares else "nothing"
        rows.append((f"`{name}`", it.dtype.name, changed))
    yield _table(("column", "values", "adjusted for"), rows)
    yield "`USEquityPricing` and `CryptoPricing` are the same, of bundles of those markets alone.\n"
    for cls in (datasets.DataSet, datasets.DataSetFamily):
        yield entry_of_described(cls.__name__, cls, signature="").text()
    described = {
        "Column": datasets.Column,
        "DataSet.from_table": datasets.DataSet.from_table,
        "DataSet.from_frame": datasets.DataSet.from_frame,
        "DataSetFamily.slice": datasets.DataSetFamily.slice,
        **{f"loaders.{it}": getattr(loaders, it) for it in sorted(loaders.__all__)},
    }
    for name, it in described.items():
        yield entry_of_described(name, it).text()
    yield (
        entry_of_described("BoundColumn.latest", BoundColumn.latest, signature="")
        .with_example(METHODS["BoundColumn.latest"])
        .text()
    )
    yield entry_of_method("BoundColumn.fx", BoundColumn.fx, METHODS["BoundColumn.fx"]).text()


def _tables() -> Iterator[str]:
    yield "## zipline's names\n"
    yield "Under the same path, `rustybt` in place of `zipline`:\n"
    yield "\n".join(
        f"- `{module}`: {', '.join(f'`{it}`' for it in names)}" for module, names in SAME.items()
    )
    yield "\nThe other 41 `XX_EQUITIES` of `pipeline.domain` are there, too. Under another name:\n"
    yield _table(
        ("zipline", "rustybt", ""),
        [(f"`zipline.{a}`", f"`rustybt.{b}`", remark) for a, b, remark in OTHER],
    )
    yield "Not there:\n"
    yield _table(("zipline", "why, or what takes its place"), [(f"`{a}`", b) for a, b in NOWHERE])
    yield "## TA-Lib's names\n"
    yield "Indicators have TA-Lib's names, too. Not there, beside patterns of candles and what came after 0.4:\n"
    left_out = [(", ".join(f"`{it}`" for it in names), why) for names, why in TALIB]
    yield _table(("TA-Lib", "why, or what takes its place"), left_out)
    yield "## What is not as in zipline\n"
    yield "Each with the test that holds it.\n"
    rows = [(it.of, it.there, it.here, f"`{it.test}`") for it in FIXES]
    yield _table(("", "there", "here", "test"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join([*(f"| {' | '.join(it)} |" for it in lines), ""])


def _cell(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"
