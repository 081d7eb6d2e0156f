"""The terms of the campaign against zipline, as texts that both programs read.

Both processes import this file, so it knows neither; `namespace` gives a text the names of one of them.
"""

from itertools import product

import numpy as np

# ruff: noqa: ARG002, RUF012 - classes as users write them

INPUTS = "P.close", "P.high", "P.volume"
SAFE = (
    "Returns(window_length=2)",
    "Returns(window_length=7)",
    "PercentChange(inputs=[P.open], window_length=3)",
    "RSI(window_length=5)",
    "FastStochasticOscillator(window_length=6)",
    "DailyReturns()",
)
FREE = (
    "P.close.latest",
    "P.volume.latest",
    "SimpleMovingAverage(inputs=[P.close], window_length=5)",
    "VWAP(window_length=4)",
    "AverageDollarVolume(window_length=6)",
    "EWMA.from_span(inputs=[P.close], window_length=8, span=5)",
    "BollingerBands(window_length=6, k=2).upper",
    "TrueRange()",
)


def namespace(modules: list, pricing: object, asset: object) -> dict:
    """Return the names that the texts use, from the modules of one program."""
    names = {}
    for module in modules:
        listed = getattr(module, "__all__", None) or dir(module)
        names.update({it: getattr(module, it) for it in listed if not it.startswith("_")})
    names.update(P=pricing, asset=asset, np=np, **_custom(names, pricing))
    return names


def _custom(names: dict, pricing: object) -> dict:
    class Spread(names["CustomFactor"]):
        inputs = [pricing.high, pricing.low]
        window_length = 4
        params = {"scale": 2.0}

        def compute(self, today, assets, out, high, low, scale):
            out[:] = scale * (high.max(axis=0) - low.min(axis=0))

    class Ends(names["CustomFactor"]):
        inputs = [pricing.close]
        window_length = 5
        outputs = ["oldest", "newest"]
        window_safe = True

        def compute(self, today, assets, out, close):
            out.oldest, out.newest = close[0], close[-1]

    class Depth(names["CustomFactor"]):
        window_safe = True

        def compute(self, today, assets, out, values):
            out[:] = np.isfinite(values).sum(axis=0) + today.day / 100 + assets / 1000

    class Above(names["CustomFilter"]):
        inputs = [pricing.close, pricing.volume]
        window_length = 3

        def compute(self, today, assets, out, close, volume):
            out[:] = (close[-1] > close[0]) & (volume.sum(axis=0) > 0)

    class Thirds(names["CustomClassifier"]):
        inputs = [pricing.volume]
        window_length = 2
        dtype = np.int64
        missing_value = -1

        def compute(self, today, assets, out, volume):
            out[:] = np.where(volume[-1] > 0, assets % 3, -1)

    class Texts(names["CustomClassifier"]):
        inputs = [pricing.close]
        window_length = 1
        dtype = np.dtype("O")
        missing_value = ""

        def compute(self, today, assets, out, close):
            known = np.array(["ab", "abc", "b", "cab"], dtype=object)
            out[:] = np.where(np.isnan(close[-1]), "", known[assets % 4])

    return {it.__name__: it for it in (Spread, Ends, Depth, Above, Thirds, Texts)}


def built_in() -> list[str]:
    """Return every factor that is built in, with several parameters."""
    found = [f"P.{it}.latest" for it in ("open", "high", "low", "close", "volume")]
    plain = "SimpleMovingAverage", "LinearWeightedMovingAverage", "MaxDrawdown"
    for name, x, length in product(plain, INPUTS, (1, 2, 5, 20, 63)):
        if (name, length) != ("MaxDrawdown", 1):
            found.append(f"{name}(inputs=[{x}], window_length={length})")
    for x, length in product(INPUTS, (2, 3, 11, 60)):
        found.append(f"Returns(inputs=[{x}], window_length={length})")
        found.append(f"PercentChange(inputs=[{x}], window_length={length})")
        found.append(f"RateOfChangePercentage(inputs=[{x}], window_length={length})")
        found.append(f"RSI(inputs=[{x}], window_length={length})")
    for x, length in product(INPUTS, (2, 4, 30)):
        found += [
            f"BollingerBands(inputs=[{x}], window_length={length}, k={1.5}).{it}"
            for it in ("lower", "middle", "upper")
        ]
        found += [
            f"{it}(inputs=[{x}], window_length={length}, decay_rate=0.9)"
            for it in ("EWMA", "EWMSTD")
        ]
        found.append(f"WeightedAverageValue(inputs=[{x}, P.volume], window_length={length})")
    for name in ("EWMA", "EWMSTD"):
        for length in (3, 10, 60):
            found.append(f"{name}.from_span(inputs=[P.close], window_length={length}, span=7)")
            found.append(
                f"{name}.from_halflife(inputs=[P.low], window_length={length}, halflife=4)"
            )
            found.append(
                f"{name}.from_center_of_mass(inputs=[P.open], window_length={length}, center_of_mass=3)"
            )
        found.append(f"{name}(inputs=[P.close], window_length=6, decay_rate=1.0)")
    for length in (1, 3, 20):
        found += [f"VWAP(window_length={length})", f"AverageDollarVolume(window_length={length})"]
    found += ["DailyReturns()", "TrueRange()", "AnnualizedVolatility()"]
    found += [
        f"AnnualizedVolatility(window_length={n}, annualization_factor={f})"
        for n, f in ((5, 252), (30, 365))
    ]
    found += ["AnnualizedVolatility(inputs=[Returns(window_length=5)], window_length=12)"]
    found += [f"Aroon(window_length={n}).{it}" for n in (2, 5, 25) for it in ("down", "up")]
    found += [f"FastStochasticOscillator(window_length={n})" for n in (1, 3, 14)]
    lines = "tenkan_sen", "kijun_sen", "senkou_span_a", "senkou_span_b", "chikou_span"
    found += [f"IchimokuKinkoHyo().{it}" for it in lines]
    found += [
        f"IchimokuKinkoHyo(window_length=12, tenkan_sen_length=3, kijun_sen_length=7, chikou_span_length=5).{it}"
        for it in lines
    ]
    found += ["MACDSignal()", "MACDSignal(fast_period=3, slow_period=8, signal_period=4)"]
    for target in ("asset(0)", "asset(N - 1)"):
        found += [
            f"SimpleBeta(target={target}, regression_length={n}, allowed_missing_percentage={p})"
            for n, p in ((3, 0.25), (20, 0.25), (40, 0.0), (15, 0.8))
        ]
        for n, m in ((2, 5), (3, 12)):
            found.append(
                f"RollingPearsonOfReturns(target={target}, returns_length={n}, correlation_length={m})"
            )
            found.append(
                f"RollingSpearmanOfReturns(target={target}, returns_length={n}, correlation_length={m})"
            )
            found += [
                f"RollingLinearRegressionOfReturns(target={target}, returns_length={n}, regression_length={m}).{it}"
                for it in ("alpha", "beta", "r_value", "p_value", "stderr")
            ]
    found += ["PeerCount(inputs=[Thirds()])", "Clip(inputs=[P.close], min_bound=20, max_bound=60)"]
    found += ["Spread()", "Spread(window_length=9, scale=3.0)", "Ends().oldest", "Ends().newest"]
    found += [
        f"Depth(inputs=[{it}], window_length=6)"
        for it in ("P.close", "Returns(window_length=2).rank()", "Ends().oldest")
    ]
    return found


def methods() -> list[str]:
    """Return every method of every kind, with masks and groups."""
    found = []
    masks = (
        "",
        "mask=AverageDollarVolume(window_length=5).percentile_between(20, 80)",
        "mask=Above()",
        "mask=StaticSids([0, 2, 5])",
    )
    groups = "", "groupby=Thirds()", "groupby=Everything()"
    factors = "Returns(window_length=6)", "P.close.latest", "P.volume.latest"
    calls = "demean", "zscore", "winsorize", "rank", "top", "bottom"
    first = {"winsorize": "min_percentile=0.2, max_percentile=0.85", "top": "N=3", "bottom": "N=3"}
    for x, call, mask, group in product(factors, calls, masks, groups):
        said = ", ".join(it for it in (first.get(call, ""), mask, group) if it)
        found.append(f"{x}.{call}({said})")
    for method, up in product(("ordinal", "average", "min", "max", "dense"), (True, False)):
        found += [
            f"{x}.rank(method={method!r}, ascending={up}{it})"
            for x in factors
            for it in ("", ", groupby=Thirds()", ", mask=Above()")
        ]
    for x, mask in product(factors, masks):
        found += [
            f"{x}.percentile_between({low}, {high}{mask and ', '}{mask})"
            for low, high in ((0, 100), (10, 60), (50, 99.5))
        ]
        found += [f"{x}.{it}({mask})" for it in ("quartiles", "deciles")]
        found += [
            f"({x} - {x}.{it}({mask}))"
            for it in ("mean", "stddev", "max", "min", "median", "sum", "notnull_count")
        ]
        found.append(f"{x}.clip(0.0, 45.0)")
    found += [
        f"{x}.top(1{it})" for x in factors for it in ("", ", groupby=Thirds()", ", mask=Above()")
    ]
    found += [f"{x}.bottom(1)" for x in factors]
    unary = [
        "abs",
        "log",
        "log10",
        "log1p",
        "exp",
        "expm1",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "arccosh",
        "arctanh",
    ]
    found += [
        f"{x}.{it}()"
        for it in unary
        for x in (SAFE[0], "P.close.latest", "Returns(window_length=3).zscore()")
    ]
    tests = "isnan", "notnan", "isfinite", "isnull", "notnull"
    found += [f"{x}.{it}()" for it in tests for x in ("P.close.latest", SAFE[1])]
    close, other = "P.close.latest", "SimpleMovingAverage(inputs=[P.close], window_length=3)"
    for op in ("+", "-", "*", "/", "**", "%", "<", "<=", ">", ">=", "!="):
        right = "Returns(window_length=2)" if op == "**" else other
        found += [f"({close} {op} {right})", f"({close} {op} 2.5)", f"(2.5 {op} {close})"]
    # Powers of negative numbers, of 0 and by negative numbers, and those too large for a number.
    bases = SAFE[0], "(P.close.latest - P.open.latest)", f"{SAFE[0]}.demean()"
    found += [f"({x} ** {it})" for x in bases for it in ("2.0", "3.0", "0.5", "-1.0", "0.0")]
    found += [f"({x} ** {it})" for x in bases for it in (SAFE[0], f"{close}.rank()")]
    found += [f"({it} ** {SAFE[0]})" for it in ("-2.0", "0.0", "1e300")]
    found += [f"({close} ** 100.0 * {close} ** 100.0)", f"({close} * 1e300 * 1e300)"]
    found += [
        f"({close} % -7.5)",
        "(Returns(window_length=2) % 0.01)",
        f"-{close}",
    ]
    found += [f"{close}.eq({other})", f"{close}.eq(50.0)", f"({close} != P.open.latest)"]
    found += [f"{SAFE[0]}.fillna({it})" for it in ("0.0", "P.close.latest", SAFE[1])]
    for period, x in product(
        ("year", "quarter", "month", "week"),
        (SAFE[1], other, "P.volume.latest", "(Above() & P.close.latest.notnull())", "Thirds()"),
    ):
        found.append(f"{x}.downsample('{period}_start')")
    found += [
        f"{SAFE[0]}.downsample('month_start').rank()",
        f"SimpleMovingAverage(inputs=[{SAFE[1]}.rank().downsample('week_start')], window_length=4)",
    ]
    for target in ("Returns(window_length=3)", "P.volume", "Returns(window_length=2)[asset(1)]"):
        found += [
            f"{SAFE[0]}.{it}({target}, {n})" for it in ("pearsonr", "spearmanr") for n in (2, 9)
        ]
        found += [
            f"{SAFE[0]}.linear_regression({target}, 8).{it}"
            for it in ("alpha", "beta", "r_value", "p_value", "stderr")
        ]
        found += [f"{SAFE[0]}.pearsonr({target}, 6, mask=Above())"]
    found.append(f"{SAFE[1]}.alias('name')")
    return found


def filters() -> list[str]:
    """Return filters and classifiers in every form."""
    found = []
    inputs = "(P.close.latest > P.open.latest)", "Above()", "P.close.latest.notnull()"
    for x, n in product(inputs, (1, 2, 6)):
        found += [f"All(inputs=[{x}], window_length={n})", f"Any(inputs=[{x}], window_length={n})"]
        found.append(f"AtLeastN(inputs=[{x}], window_length={n}, N={max(1, n // 2)})")
    found += [
        f"AllPresent(inputs=[P.{it}], window_length={n})"
        for it in ("close", "high", "volume")
        for n in (1, 4, 30)
    ]
    found += ["AllPresent(inputs=[Returns(window_length=2)], window_length=5)"]
    found += [
        "StaticSids([1, 3])",
        "StaticAssets([asset(0), asset(4)])",
        "SingleAsset(asset(2))",
        "StaticSids([])",
    ]
    found += [
        "NullFilter(P.close.latest)",
        "NotNullFilter(P.close.latest)",
        "NullFilter(Thirds())",
        "Above()",
        "Above(window_length=8)",
    ]
    found += ["ArrayPredicate(P.close.latest, np.greater, (50.0,))"]
    found += [f"({x} {op} {y})" for op in "&|" for x in inputs for y in inputs] + [
        f"~{x}" for x in inputs
    ]
    found += [
        f"{x}.if_else({a}, {b})"
        for x in inputs
        for a, b in (
            ("P.close.latest", "P.open.latest"),
            ("Thirds()", "Everything()"),
            (inputs[0], inputs[1]),
            ("Texts()", "Texts(window_length=2)"),
        )
    ]
    labels = "Thirds()", "Everything()", "Returns(window_length=5).quantiles(3)"
    for x in labels:
        found += [
            x,
            f"{x}.eq(1)",
            f"({x} != 1)",
            f"{x}.element_of([0, 2])",
            f"{x}.isnull()",
            f"{x}.notnull()",
            f"{x}.peer_count()",
            f"{x}.peer_count(mask=Above())",
            f"{x}.fillna(7)",
        ]
    text = "Texts()"
    found += [
        text,
        f"{text}.eq('ab')",
        f"({text} != 'ab')",
        f"{text}.startswith('ab')",
        f"{text}.endswith('b')",
        f"{text}.has_substring('a')",
        f"{text}.matches('a?b')",
        f"{text}.element_of(['b', 'cab'])",
        f"{text}.relabel(lambda it: it[:1])",
        f"{text}.isnull()",
        f"{text}.notnull()",
        f"{text}.fillna('none')",
        f"{text}.peer_count()",
    ]
    return found


def nested() -> list[str]:
    """Return windows over terms that are safe to look back on."""
    inner = [
        *SAFE,
        "Returns(window_length=4).rank()",
        "P.close.latest.zscore()",
        "P.close.latest.rank(mask=Above())",
        "Returns(window_length=3).winsorize(0.1, 0.9)",
        "Returns(window_length=3).demean(groupby=Thirds())",
        "Returns(window_length=3, mask=Above())",
    ]
    outer = (
        "SimpleMovingAverage(inputs=[{}], window_length=5)",
        "EWMA(inputs=[{}], window_length=4, decay_rate=0.8)",
        "EWMSTD(inputs=[{}], window_length=4, decay_rate=0.8)",
        "LinearWeightedMovingAverage(inputs=[{}], window_length=3)",
        "BollingerBands(inputs=[{}], window_length=6, k=1).lower",
        "AnnualizedVolatility(inputs=[{}], window_length=5)",
        "PercentChange(inputs=[{}], window_length=2)",
        "SimpleMovingAverage(inputs=[{}], window_length=3, mask=Above())",
    )
    found = [it.format(x) for x in inner for it in outer]
    found += [
        f"{name}(mask={mask}{more})"
        for mask in ("Above()", "P.close.latest.top(4)")
        for name, more in (
            ("VWAP", ", window_length=3"),
            ("RSI", ""),
            ("Returns", ", window_length=3"),
            ("TrueRange", ""),
            ("MACDSignal", ""),
            ("Spread", ""),
        )
    ]
    return found


SCREENS = (
    "Above()",
    "P.close.latest.top(3)",
    "StaticSids([1])",
    "Thirds().eq(2)",
    "Returns(window_length=5).percentile_between(25, 75)",
    "(P.close.latest < 0.0)",
    "All(inputs=[Above()], window_length=3)",
)
