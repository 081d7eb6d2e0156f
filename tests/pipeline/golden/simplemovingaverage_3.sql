-- Pipeline(value=SimpleMovingAverage(inputs=[EquityPricing.close], window_length=3))
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
    CAST("close" AS DOUBLE) AS "close"
  FROM sp500.bars_1d
  WHERE
    session < CAST('2024-12-31' AS DATE)
), known AS (
  SELECT
    labels.session,
    assets.sid,
    assets.symbol,
    assets.first_session < labels.session AND labels.session <= assets.last_session AS alive,
    bars."close" * COALESCE(actions.price_ratio, 1e0) AS "close",
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
    "close",
    "close" / price_scale AS "close_q",
    price_scale,
    split_scale
  FROM known
), stage_1 AS (
  SELECT
    *,
    AVG("close_q") OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) * "price_scale" AS simple_moving_average_1
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
