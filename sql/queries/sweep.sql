-- The runs of a sweep, oldest first, with what says whether one need not be run again.
SELECT
    run,
    status,
    error,
    snapshot_sha256,
    first_day,
    last_day,
    parameters,
    settings,
    source_sha256,
    sessions,
    final_value,
    total_return,
    sharpe,
    max_drawdown,
    orders,
    fills,
    digest
FROM backtests.runs
WHERE sweep = $sweep
ORDER BY run
