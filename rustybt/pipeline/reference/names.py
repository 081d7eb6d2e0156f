"""Where zipline's names are: the same under ``rustybt``, under another name, or nowhere and why."""

from collections.abc import Mapping
from typing import Final

SAME: Final[Mapping[str, tuple[str, ...]]] = {
    "pipeline": (
        *("Classifier", "ComputableTerm", "CustomClassifier", "CustomFactor", "CustomFilter"),
        *("Domain", "ExecutionPlan", "Factor", "Filter", "LoadableTerm", "Pipeline"),
        *("SimplePipelineEngine", "Term", "TermGraph"),
    ),
    "pipeline.data": (
        *("BoundColumn", "Column", "DataSet", "DataSetFamily", "DataSetFamilySlice"),
        *("EquityPricing", "USEquityPricing"),
    ),
    "pipeline.factors": (
        *("AnnualizedVolatility", "Aroon", "AverageDollarVolume", "BollingerBands"),
        *("BusinessDaysSincePreviousEvent", "BusinessDaysUntilNextEvent", "CustomFactor"),
        *("DailyReturns", "EWMA", "EWMSTD", "ExponentialWeightedMovingAverage"),
        *("ExponentialWeightedMovingStdDev", "Factor", "FastStochasticOscillator"),
        *("IchimokuKinkoHyo", "Latest", "LinearWeightedMovingAverage", "MACDSignal"),
        *("MaxDrawdown", "MovingAverageConvergenceDivergenceSignal", "PeerCount"),
        *("PercentChange", "RSI", "RateOfChangePercentage", "RecarrayField", "Returns"),
        *("RollingLinearRegressionOfReturns", "RollingPearson", "RollingPearsonOfReturns"),
        *("RollingSpearman", "RollingSpearmanOfReturns", "SimpleBeta", "SimpleMovingAverage"),
        *("TrueRange", "VWAP", "WeightedAverageValue"),
    ),
    "pipeline.filters": (
        *("All", "AllPresent", "Any", "ArrayPredicate", "AtLeastN", "CustomFilter", "Filter"),
        *("Latest", "MaximumFilter", "NotNullFilter", "NullFilter", "PercentileFilter"),
        *("SingleAsset", "StaticAssets", "StaticSids"),
    ),
    "pipeline.classifiers": (
        *("Classifier", "CustomClassifier", "Everything", "Latest", "Quantiles"),
    ),
    "pipeline.domain": (
        *("Domain", "EquityCalendarDomain", "EquitySessionDomain", "GENERIC", "infer_domain"),
        *("US_EQUITIES", "GB_EQUITIES", "JP_EQUITIES"),
    ),
    "pipeline.engine": ("SimplePipelineEngine",),
    "pipeline.graph": ("TermGraph",),
    "pipeline.hooks": ("DelegatingHooks", "NoHooks", "PipelineHooks", "ProgressHooks"),
    "pipeline.pipeline": ("Pipeline",),
    "pipeline.term": ("Term",),
}
"""Names by module; `zipline` in front of it, or `rustybt`. There are 44 ``XX_EQUITIES``, three are named."""

OTHER: Final = (
    ("pipeline.factors.basic.Clip", "pipeline.factors.Clip", "or the method `clip`"),
    (
        "pipeline.factors.statistical.RollingLinearRegression",
        "pipeline.factors.RollingLinearRegression",
        "or the method `linear_regression`",
    ),
    (
        "pipeline.classifiers.classifier.Relabel",
        "pipeline.classifiers.Relabel",
        "or the method `relabel`",
    ),
    (
        "pipeline.classifiers.classifier.InvalidClassifierComparison",
        "errors.InvalidClassifierComparisonError",
        "",
    ),
    ("pipeline.domain.AmbiguousDomain", "errors.AmbiguousDomainError", ""),
    ("pipeline.hooks.progress.ProgressModel", "pipeline.hooks.Progress", "what is published"),
    (
        "pipeline.loaders.events.EventsLoader",
        "pipeline.loaders.previous_event",
        "and `next_event`: datasets over a table or a frame",
    ),
    (
        "pipeline.loaders.earnings_estimates.NextEarningsEstimatesLoader",
        "pipeline.loaders.next_estimates",
        "a dataset over a table or a frame",
    ),
    (
        "pipeline.loaders.earnings_estimates.PreviousEarningsEstimatesLoader",
        "pipeline.loaders.previous_estimates",
        "a dataset over a table or a frame",
    ),
    (
        "pipeline.loaders.frame.DataFrameLoader",
        "pipeline.data.DataSet",
        "`DataSet.from_frame`, rows in long form",
    ),
    ("errors.BadPercentileBounds", "errors.BadPercentileBoundsError", ""),
    ("errors.NonWindowSafeInput", "errors.WindowInputError", ""),
    ("errors.TermInputsNotSpecified", "errors.TermInputsError", ""),
    ("errors.UnknownRankMethod", "errors.TermParameterError", ""),
    ("errors.UnsupportedPipelineOutput", "errors.UnsupportedColumnError", ""),
    ("errors.WindowLengthNotPositive", "errors.TermParameterError", ""),
    ("errors.WindowLengthNotSpecified", "errors.TermParameterError", ""),
    ("errors.DuplicatePipelineName", "errors.PipelineNameError", ""),
    ("errors.NoSuchPipeline", "errors.PipelineNameError", ""),
)
"""Triples: zipline's name, ours, a remark."""

NOWHERE: Final = (
    (
        "pipeline.filters.NumExprFilter",
        "filters by operators are made by operators; no text is evaluated",
    ),
    (
        "pipeline.loaders.EquityPricingLoader, USEquityPricingLoader",
        "`EquityPricing` reads the bundle that a pipeline runs on",
    ),
    (
        "pipeline.loaders.synthetic.*",
        "loaders of made-up bars; ingest a file, or use `DataSet.from_frame`",
    ),
    (
        "pipeline.loaders.earnings_estimates.*SplitAdjusted*",
        "store estimates per share as they were published, and divide by a split in a factor",
    ),
    (
        "pipeline.engine.PipelineEngine, ExplodingPipelineEngine, NoEngineRegistered",
        "there is one engine",
    ),
    (
        "pipeline.engine.default_populate_initial_workspace",
        "no workspace of arrays: one statement computes all terms",
    ),
    (
        "pipeline.hooks.PipelineHooks.loading_terms, computing_term",
        "one statement loads and computes all terms; a hook of that name is never called",
    ),
    (
        "pipeline.hooks.TestingHooks",
        "a record of calls for zipline's own tests; subclass `PipelineHooks`",
    ),
    (
        "pipeline.hooks.progress.IPythonWidgetProgressPublisher",
        "any object with `publish(model)` shows progress",
    ),
    (
        "pipeline.graph.ExecutionPlan's extra rows and offsets",
        "`ExecutionPlan` is what `Pipeline.plan()` returns: terms, lookback, columns read",
    ),
    ("pipeline.graph.CyclicDependency", "a term is frozen, so it cannot come to contain itself"),
    ("pipeline.term.AssetExists", "the universe is a column of the spine, `alive`"),
    ("pipeline.term.InputDates", "a custom term gets the session as `today`"),
    ("pipeline.Pipeline.to_execution_plan", "`Pipeline.plan()`"),
    ("pipeline.Pipeline.to_simple_graph", "`Pipeline.show_graph()`"),
    (
        "errors.NoFurtherDataError",
        "what lies before the history of the bundle is missing: values are NULL by the rule of each term",
    ),
    (
        "errors.NonExistentAssetInTimeFrame",
        "an asset outside the universe has no values and passes no filter",
    ),
)
"""Pairs: zipline's name, and why there is none or what takes its place."""

TALIB: Final = (
    (("RSI",), "`WilderRSI`; `RSI` is zipline's, of plain means"),
    (("SMA", "MA"), "`SimpleMovingAverage`; the class of each other kind"),
    (("MAVP",), "a window has one length for all sessions"),
    (
        (
            *("ADD", "SUB", "MULT", "DIV", "EXP", "LN", "LOG10", "SQRT"),
            *("SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "SINH", "COSH", "TANH"),
        ),
        "operators and methods of factors",
    ),
    (("FLOOR", "CEIL"), "`x - x % 1`, and `x + -x % 1`"),
)
"""Pairs: functions of TA-Lib 0.4, but for patterns of candles, that are no indicators here, and why."""
