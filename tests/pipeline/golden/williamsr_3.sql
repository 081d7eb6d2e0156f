-- Pipeline(value=WilliamsR(timeperiod=3))
WITH labels AS (
  SELECT
    session,
    LAG(session) OVER (ORDER BY session) AS known
  FROM sp500.sessions
), steps AS (
  SELECT
    adjustments.sid,
    sessions.session,
    PRODUCT(adjustments.ratio ORDER BY adjustments.session, adjustments.kind) AS price_ratio,
    COALESCE(
      PRODUCT(adjustments.ratio ORDER BY adjustments.session, adjustments.kind) FILTER(WHERE
        adjustments.kind = 'split'),
      1e0
    ) AS split_ratio
  FROM sp500.adjustments
  ASOF JOIN sp500.sessions
    ON adjustments.session <= sessions.session
  WHERE
    NOT adjustments.ratio IS NULL
  GROUP BY
    adjustments.sid,
    sessions.session
  HAVING
    sessions.session > (
      SELECT
        MIN(session)
      FROM sp500.sessions
    )
), actions AS (
  SELECT
    steps.sid,
    steps.session,
    ANY_VALUE(steps.price_ratio) AS price_ratio,
    ANY_VALUE(steps.split_ratio) AS split_ratio,
    PRODUCT(earlier.price_ratio ORDER BY earlier.session) AS price_scale,
    PRODUCT(earlier.split_ratio ORDER BY earlier.session) AS split_scale
  FROM steps
  INNER JOIN steps AS earlier
    ON earlier.sid = steps.sid AND earlier.session <= steps.session
  GROUP BY
    steps.sid,
    steps.session
), bars AS (
  SELECT
    session,
    sid,
    CAST("close" AS DOUBLE) AS "close",
    CAST("high" AS DOUBLE) AS "high",
    CAST("low" AS DOUBLE) AS "low"
  FROM sp500.bars_1d
  WHERE
    session < CAST('2024-12-31' AS DATE)
), known AS (
  SELECT
    labels.session,
    assets.sid,
    assets.symbol,
    assets.first_session < labels.session AND labels.session <= assets.last_session AS alive,
    bars."close" AS "close_raw",
    bars."high" AS "high_raw",
    bars."low" AS "low_raw",
    COALESCE(actions.price_ratio, 1e0) AS price_ratio,
    COALESCE(actions.split_ratio, 1e0) AS split_ratio,
    COALESCE(LAST_VALUE(actions.price_scale IGNORE NULLS) OVER before, 1e0) AS price_then,
    COALESCE(LAST_VALUE(actions.split_scale IGNORE NULLS) OVER before, 1e0) AS split_then
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
  WINDOW before AS (
    PARTITION BY assets.sid
    ORDER BY labels.session
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
), spine AS (
  SELECT
    session,
    sid,
    symbol,
    alive,
    "close_raw",
    "close_raw" * price_ratio AS "close",
    "close_raw" / price_then AS "close_q",
    "high_raw",
    "high_raw" * price_ratio AS "high",
    "high_raw" / price_then AS "high_q",
    "low_raw",
    "low_raw" * price_ratio AS "low",
    "low_raw" / price_then AS "low_q",
    price_then,
    split_then,
    price_ratio,
    split_ratio,
    price_then * price_ratio AS price_scale,
    split_then * split_ratio AS split_scale
  FROM known
), stage_1 AS (
  SELECT
    *,
    LAG("high_q", 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_1,
    LAG("low_q", 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_6
  FROM spine
), stage_2 AS (
  SELECT
    *,
    "high_q" + (
      1e0 * block_1
    ) AS block_2,
    "low_q" + (
      1e0 * block_6
    ) AS block_7
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    LAG(block_2, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_3,
    LAG(block_7, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_8
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    "high_q" + (
      1e0 * block_3
    ) AS block_4,
    "low_q" + (
      1e0 * block_8
    ) AS block_9
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    CASE
      WHEN NOT block_4 IS NULL
      THEN MAX("high_q") OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
    END AS kept_5
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    (
      (
        (
          -100e0
        )
      ) * (
        kept_5 - "close_q"
      )
    ) / NULLIF(
      kept_5 - CASE
        WHEN NOT block_9 IS NULL
        THEN MIN("low_q") OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
      END,
      0e0
    ) AS kept_10
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    CASE
      WHEN COALESCE(kept_10 > 0e0, FALSE)
      THEN 0e0
      ELSE CASE WHEN COALESCE(kept_10 < (
        -100e0
      ), FALSE) THEN (
        -100e0
      ) ELSE kept_10 END
    END AS williams_r_11
  FROM stage_6
)
SELECT
  session,
  sid,
  symbol,
  williams_r_11 AS "value"
FROM stage_7
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
