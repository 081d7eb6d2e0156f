-- Pipeline(value=SimpleMovingAverage(inputs=[EquityPricing.volume], window_length=2))
WITH labels AS (
  SELECT
    session,
    LAG(session) OVER (ORDER BY session) AS known
  FROM sp500.sessions
), actions AS (
  SELECT
    adjustments.sid,
    sessions.session,
    PRODUCT(adjustments.ratio ORDER BY adjustments.session, adjustments.kind) AS price_ratio,
    PRODUCT(adjustments.ratio ORDER BY adjustments.session, adjustments.kind) FILTER(WHERE
      adjustments.kind = 'split') AS split_ratio
  FROM sp500.adjustments
  ASOF JOIN sp500.sessions
    ON adjustments.session <= sessions.session
  WHERE
    NOT adjustments.ratio IS NULL
  GROUP BY
    adjustments.sid,
    sessions.session
), bars AS (
  SELECT
    session,
    sid,
    CAST("volume" AS DOUBLE) AS "volume"
  FROM sp500.bars_1d
  WHERE
    session < CAST('2024-12-31' AS DATE)
), known AS (
  SELECT
    labels.session,
    assets.sid,
    assets.symbol,
    assets.first_session < labels.session AND labels.session <= assets.last_session AS alive,
    COALESCE(bars."volume", 0e0) / COALESCE(actions.split_ratio, 1e0) AS "volume",
    PRODUCT(COALESCE(actions.price_ratio, 1e0)) OVER so_far AS price_scale,
    PRODUCT(COALESCE(actions.split_ratio, 1e0)) OVER so_far AS split_scale
  FROM labels
  CROSS JOIN sp500.assets
  LEFT JOIN bars
    ON bars.sid = assets.sid AND bars.session = labels.known
  LEFT JOIN actions
    ON actions.sid = assets.sid AND actions.session = labels.session
  WHERE
    NOT labels.known IS NULL
    AND labels.session <= CAST('2024-12-31' AS DATE)
    AND assets.first_session < CAST('2024-12-31' AS DATE)
    AND assets.last_session >= CAST('2024-01-02' AS DATE)
  WINDOW so_far AS (
    PARTITION BY assets.sid
    ORDER BY labels.session
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
), spine AS (
  SELECT
    session,
    sid,
    symbol,
    alive,
    "volume",
    "volume" * split_scale AS "volume_q",
    price_scale,
    split_scale
  FROM known
), stage_1 AS (
  SELECT
    *,
    COALESCE(
      SUM("volume_q") OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
      0e0
    ) / 2e0 / NULLIF("split_scale", 0e0) AS simple_moving_average_1
  FROM spine
)
SELECT
  session,
  sid,
  symbol,
  simple_moving_average_1 AS "value"
FROM stage_1
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
