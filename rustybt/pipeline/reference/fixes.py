"""Where zipline, or RustyBT before, is wrong or fails, what is so here, and the test that holds it."""

from typing import Final, NamedTuple


class Fix(NamedTuple):
    """A difference on purpose."""

    of: str
    there: str
    here: str
    test: str


_METHODS: Final = "tests/pipeline/test_methods.py"
_FACTORS: Final = "tests/pipeline/test_zipline_factors.py"
_ERRORS: Final = "tests/pipeline/test_pipeline_errors.py"
_STRANGER: Final = "tests/pipeline/test_pipeline_wrong_inputs.py"

FIXES: Final = (
    Fix(
        "`rank` but `ordinal`",
        "one missing value makes the whole session NaN",
        "a missing value is not ranked, the others are",
        f"{_METHODS}::test_a_missing_value_does_not_spoil_the_ranks",
    ),
    Fix(
        "`top(1)`, `MaximumFilter`",
        "picks the smallest value when all are negative",
        "the largest value, as `top(N)`",
        f"{_METHODS}::test_top_of_negative_values_is_the_largest",
    ),
    Fix(
        "`quantiles`",
        "raises on ties and on a session without values",
        "equal edges leave a quantile empty",
        f"{_METHODS}::test_ties_share_a_quantile_and_do_not_raise",
    ),
    Fix(
        "`clip(mask=)`",
        "ignores the mask",
        "NULL outside the mask",
        f"{_METHODS}::test_clip_honours_its_mask",
    ),
    Fix(
        "`Aroon`",
        "an asset without prices ends the run with an error",
        "NULL for that asset",
        f"{_FACTORS}::test_asset_without_prices_has_no_values",
    ),
    Fix(
        "`BollingerBands`",
        "`k` must be given; no `percent`",
        "`k=2`, and the output `percent`",
        f"{_FACTORS}::test_bands_have_ziplines_k_by_default",
    ),
    Fix(
        "Decimal factors",
        "no terms; windows run on from one asset into the next",
        "terms like any other, each asset by itself",
        f"{_FACTORS}::test_decimal_factors_mean_what_their_names_say",
    ),
    Fix(
        "division by zero",
        "gives an infinity, or NaN for 0/0",
        "NULL",
        "tests/pipeline/test_methods_conformance.py::test_no_number_is_infinite_or_nan",
    ),
    Fix(
        "numbers beyond 1.8e308",
        "infinities, which are ranked, compared and averaged",
        "NULL where a value of a term is beyond; what is computed from it sees a missing value",
        "tests/pipeline/test_methods_conformance.py::test_no_number_is_infinite_or_nan",
    ),
    Fix(
        "a missing value to the power of 0, 1 to that of a missing value",
        "1",
        "NULL, as all arithmetic with a missing value",
        f"{_METHODS}::test_power_of_a_missing_value_is_missing",
    ),
    Fix(
        "an asset of another bundle as `target`, `factor[asset]`",
        "NonExistentAssetInTimeFrame, or the asset that has its number",
        "ForeignAssetError where another asset has its number, NULL where none has",
        f"{_STRANGER}::test_target_of_another_bundle_is_refused",
    ),
    Fix(
        "`and`, `or`, `not` on filters",
        "pick one operand without a word",
        "TruthError, which names `&`, `|` and `~`",
        "tests/pipeline/test_filters.py::test_filter_has_no_truth_value",
    ),
    Fix(
        "`==` on terms",
        "identity",
        "equality by value; `eq` compares values, as there",
        f"{_ERRORS}::test_terms_are_equal_by_value",
    ),
    Fix(
        "`mean(window_length=)`",
        "promised by the documents, and not there",
        "a moving average; without `window_length` the mean of the session, as there",
        f"{_METHODS}::test_mean_over_a_window_is_the_moving_average",
    ),
    Fix(
        "`zscore(window_length=)`",
        "promised by the documents, and not there",
        "each asset beside its own sessions",
        "tests/pipeline/test_indicators_methods.py::test_zscore_with_a_window_compares_an_asset_with_itself",
    ),
    Fix(
        "`shift(n)`, `percentile_rank()`",
        "promised by the documents, and not there",
        "the value n sessions ago; the rank as a share",
        "tests/pipeline/test_indicators_methods.py::test_shift_is_the_value_of_an_earlier_session",
    ),
    Fix(
        "a span outside the bars",
        "a run of NaN without a word",
        "SpanError, which names the sessions that there are",
        f"{_ERRORS}::test_span_outside_the_bars_is_refused",
    ),
    Fix(
        "ends of a span",
        "must be sessions",
        "any days with a session between them",
        "tests/pipeline/test_pipeline_run.py::test_ends_need_not_be_sessions",
    ),
    Fix(
        "`EquityPricing` on another calendar than XNYS",
        "finds no loader and raises AttributeError",
        "reads the bars of any bundle; `CryptoPricing` those of a 24/7 one",
        f"{_STRANGER}::test_generic_prices_of_a_calendar_that_never_closes",
    ),
    Fix(
        "a frame as data",
        "`DataFrameLoader` needs wide frames and a loader",
        "`DataSet.from_frame`, known from the session after its day",
        "tests/pipeline/test_datasets.py::test_a_row_is_known_from_the_session_after_its_day",
    ),
    Fix(
        "`SingleAsset` of an asset outside the universe",
        "raises",
        "passes nowhere",
        f"{_STRANGER}::test_asset_outside_the_universe_passes_nowhere",
    ),
    Fix(
        "`Pipeline.show_graph`",
        "needs graphviz and IPython",
        "text in DOT; a picture where `dot` is there",
        "tests/pipeline/test_graph.py::test_graph_without_graphviz_is_text",
    ),
    Fix(
        "`Pipeline.run`, `to_sql`",
        "promised by the documents, and not there",
        "rows as Arrow, polars or pandas; the statement",
        "tests/pipeline/test_pipeline_run.py::test_seed_runs_as_printed",
    ),
)
