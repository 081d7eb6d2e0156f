"""What a statement in safe mode may be made of. A name that is not here is refused.

Left out on purpose: whatever reads files, settings, variables, secrets, the catalog or other
statements' text, writes, logs, sleeps, or runs text as SQL.
"""

from sqlglot import exp

_AGGREGATES = """
    any_value approx_count_distinct approx_quantile arbitrary arg_max arg_max_null arg_min arg_min_null
    argmax argmin array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count count_if count_star
    countif covar_pop covar_samp entropy favg first fsum geomean geometric_mean group_concat grouping
    grouping_id histogram kahan_sum kurtosis kurtosis_pop last list listagg mad max max_by mean median
    min min_by mode product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy reservoir_quantile sem skewness stddev
    stddev_pop stddev_samp string_agg sum sumkahan var_pop var_samp variance wavg weighted_avg
"""
_WINDOWS = """
    cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank
    row_number
"""
_NUMBERS = """
    abs acos acosh add asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees
    divide even exp factorial fdiv floor fmod gamma gcd greatest greatest_common_divisor isfinite isinf
    isnan lcm least least_common_multiple lgamma ln log log10 log2 mod multiply nextafter pi pow power
    radians random round round_even roundbankers sign signbit sin sinh sqrt subtract tan tanh trunc xor
"""
_TEXT = """
    array_to_string ascii bar base64 bin bit_length char_length character_length chr concat concat_ws
    contains damerau_levenshtein decode editdist3 encode ends_with format formatreadabledecimalsize
    formatreadablesize format_bytes from_base64 from_hex hamming hash hex instr jaccard jaro_similarity
    jaro_winkler_similarity lcase left left_grapheme length length_grapheme levenshtein like_escape
    ilike_escape not_like_escape not_ilike_escape lower lpad ltrim md5 mismatches nfc_normalize
    octet_length ord overlay position prefix printf regexp_escape regexp_extract regexp_extract_all
    regexp_full_match regexp_matches regexp_replace regexp_split_to_array repeat replace reverse right
    right_grapheme rpad rtrim sha1 sha256 split split_part starts_with str_split str_split_regex
    string_split string_split_regex string_to_array strip_accents strlen strpos substr substring
    substring_grapheme suffix to_base to_base64 to_binary to_hex translate trim ucase unhex unicode upper
    url_decode url_encode uuid
"""
_TIMES = """
    age ago century current_date current_localtime current_localtimestamp current_timestamp date_add
    date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth
    dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era get_current_time
    get_current_timestamp hour isodow isoyear julian last_day make_date make_time make_timestamp
    make_timestamp_ms make_timestamp_ns make_timestamptz microsecond millennium millisecond minute month
    monthname nanosecond normalized_interval now quarter second strftime strptime time_bucket timezone
    timezone_hour timezone_minute to_centuries to_days to_decades to_hours to_microseconds to_millennia
    to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today
    transaction_timestamp try_strptime week weekday weekofyear year yearweek
"""
_NESTED = """
    apply array_append array_apply array_cat array_concat array_contains array_distinct array_extract
    array_filter array_has array_has_all array_has_any array_indexof array_length array_position
    array_prepend array_reduce array_reverse array_reverse_sort array_select array_slice array_sort
    array_transform array_unique array_value array_where array_zip cardinality element_at filter flatten
    generate_series grade_up len list_any_value list_append list_apply list_avg
    list_cat list_concat list_contains list_count list_cosine_distance list_cosine_similarity
    list_distance list_distinct list_dot_product list_element list_extract list_filter list_first
    list_grade_up list_has list_has_all list_has_any list_indexof list_inner_product list_intersect
    list_last list_max list_median list_min list_mode list_pack list_position list_prepend list_product
    list_reduce list_resize list_reverse list_reverse_sort list_select list_slice list_sort
    list_stddev_pop list_stddev_samp list_string_agg list_sum list_transform list_unique list_value
    list_var_pop list_var_samp list_where list_zip map map_concat map_contains map_entries map_extract
    map_extract_value map_from_entries map_keys map_values range reduce row struct_concat struct_extract
    struct_extract_at struct_insert struct_keys struct_pack struct_values unnest unpivot_list
    json_array json_array_length json_contains json_exists json_extract json_extract_path
    json_extract_path_text json_extract_string json_keys json_object json_type json_valid json_value
    to_json
"""
_CHOICES = "coalesce constant_or_null error if ifnull nullif typeof alias"
_SIGNS = """
    + - * / // % ^ ** & && | || ~ << >> ! !__postfix @ @> <@ <-> <=> ^@ -> ->> ~~ !~~ ~~* !~~* ~~~ !~~~
    = != <> < <= > >=
"""
FUNCTIONS = frozenset(
    f"{_AGGREGATES} {_WINDOWS} {_NUMBERS} {_TEXT} {_TIMES} {_NESTED} {_CHOICES}".split()
)
OPERATORS = frozenset(_SIGNS.split())
TABLE_FUNCTIONS = frozenset({"generate_series", "range", "unnest"})

# What the nodes of sqlglot's tree may be, functions aside.
NODES = frozenset({
    exp.Select, exp.Subquery, exp.Union, exp.Intersect, exp.Except, exp.With, exp.CTE, exp.Values,
    exp.Tuple, exp.From, exp.Join, exp.Lateral, exp.Table, exp.TableAlias, exp.Where, exp.Group,
    exp.Cube, exp.Rollup, exp.GroupingSets, exp.Having, exp.Qualify, exp.Order, exp.Ordered, exp.Limit,
    exp.Offset, exp.LimitOptions, exp.Distinct, exp.Window, exp.WindowSpec, exp.Pivot, exp.PivotAlias,
    exp.PivotAny, exp.UnpivotColumns, exp.TableSample, exp.Fetch,
    exp.Column, exp.Identifier, exp.Alias, exp.Aliases, exp.Star, exp.Literal, exp.National, exp.Null,
    exp.Boolean, exp.Paren, exp.Dot, exp.Bracket, exp.Slice, exp.Array, exp.List, exp.Struct, exp.Map,
    exp.ToMap, exp.PropertyEQ, exp.Lambda, exp.Kwarg, exp.Placeholder, exp.Parameter, exp.Columns,
    exp.DataType, exp.DataTypeParam, exp.Interval, exp.Var, exp.Collate,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Pow, exp.DPipe, exp.BitwiseAnd,
    exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ,
    exp.NullSafeNEQ, exp.In, exp.Between, exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike,
    exp.RegexpFullMatch, exp.RegexpILike, exp.Escape, exp.Exists, exp.Any, exp.All, exp.ArrayContainsAll,
    exp.ArrayOverlaps, exp.ArrayContainedBy,
    exp.Case, exp.If, exp.Cast, exp.TryCast, exp.Extract, exp.AtTimeZone, exp.Filter, exp.WithinGroup,
    exp.IgnoreNulls, exp.RespectNulls, exp.HavingMax, exp.Comprehension, exp.JSONPath,
    exp.JSONPathFilter, exp.JSONPathKey, exp.JSONPathRecursive, exp.JSONPathRoot, exp.JSONPathScript,
    exp.JSONPathSelector, exp.JSONPathSlice, exp.JSONPathSubscript, exp.JSONPathUnion,
    exp.JSONPathWildcard,
    # Allowed functions that sqlglot calls otherwise.
    exp.ArrayMax, exp.ArrayMin, exp.BitwiseAndAgg, exp.BitwiseOrAgg, exp.BitwiseXorAgg,
    exp.CosineDistance, exp.CurrentTime, exp.DateBin, exp.DateFromParts, exp.EuclideanDistance,
    exp.Explode, exp.JSONArray, exp.JSONExtractScalar, exp.JSONKeyValue, exp.JSONObject,
    exp.JarowinklerSimilarity, exp.Localtimestamp, exp.Pad, exp.PercentileCont, exp.PercentileDisc,
    exp.RegexpSplit, exp.SHA2, exp.StrPosition, exp.StrToTime, exp.TimeFromParts, exp.TimeToStr,
    exp.TimeToUnix, exp.TimestampFromParts, exp.TimestampTrunc, exp.Transform, exp.UnixToTime,
})  # fmt: skip
