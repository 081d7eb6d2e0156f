-- Pipeline(value=UltimateOscillator(timeperiod1=2, timeperiod2=3, timeperiod3=5))
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
    LAG("close_q", 1) OVER (PARTITION BY sid ORDER BY session ASC) AS kept_1
  FROM spine
), stage_2 AS (
  SELECT
    *,
    CASE WHEN NOT kept_1 IS NULL THEN LEAST("low_q", kept_1) END AS kept_2
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    "close_q" - kept_2 AS kept_3,
    CASE WHEN NOT kept_1 IS NULL THEN GREATEST("high_q", kept_1) END - kept_2 AS kept_4
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    LAG(kept_4, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_5,
    LAG(kept_3, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_9
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    kept_4 + (
      1e0 * block_5
    ) AS block_6,
    kept_3 + (
      1e0 * block_9
    ) AS block_10
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    LAG(block_6, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_7,
    LAG(block_10, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_11,
    LAG(block_6, 2) OVER (PARTITION BY sid ORDER BY session ASC) AS block_13,
    LAG(block_10, 2) OVER (PARTITION BY sid ORDER BY session ASC) AS block_17
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    kept_4 + (
      1e0 * block_7
    ) AS block_8,
    kept_3 + (
      1e0 * block_11
    ) AS block_12,
    block_6 + (
      1e0 * block_13
    ) AS block_14,
    block_10 + (
      1e0 * block_17
    ) AS block_18
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    LAG(block_14, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_15,
    LAG(block_18, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_19
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    kept_4 + (
      1e0 * block_15
    ) AS block_16,
    kept_3 + (
      1e0 * block_19
    ) AS block_20
  FROM stage_8
), stage_10 AS (
  SELECT
    *,
    (
      100e0 * (
        (
          4e0 * (
            block_10 / NULLIF(block_6, 0e0)
          )
        ) + (
          2e0 * (
            block_12 / NULLIF(block_8, 0e0)
          )
        ) + (
          block_20 / NULLIF(block_16, 0e0)
        )
      )
    ) / 7e0 AS ultimate_oscillator_21
  FROM stage_9
)
SELECT
  session,
  sid,
  symbol,
  ultimate_oscillator_21 AS "value"
FROM stage_10
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
