-- Pipeline(value=RollingMaximumIndex(timeperiod=3))
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
    bars."close" AS "close_raw",
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
    CAST(COUNT("close_q") OVER (
      PARTITION BY sid
      ORDER BY session ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DOUBLE) AS kept_1,
    LAG("close_q", 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_2,
    COALESCE("close_q", (
      -1e+300
    )) AS block_6,
    CASE WHEN NOT "close_q" IS NULL THEN 0e0 END AS block_7
  FROM spine
), stage_2 AS (
  SELECT
    *,
    "close_q" + (
      1e0 * block_2
    ) AS block_3,
    LAG(block_6, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_8,
    LAG(block_7, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_9
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    LAG(block_3, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_4,
    block_8 > block_6 AS kept_10
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    "close_q" + (
      1e0 * block_4
    ) AS block_5,
    CASE WHEN kept_10 THEN block_8 ELSE block_6 END AS block_11,
    CASE WHEN kept_10 THEN block_9 + 1e0 ELSE block_7 END AS block_12
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    LAG(block_11, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_13,
    LAG(block_12, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_14
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    block_13 > block_11 AS kept_15
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    CASE WHEN kept_15 THEN block_13 ELSE block_11 END AS block_16,
    CASE WHEN kept_15 THEN block_14 + 1e0 ELSE block_12 END AS block_17
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    CASE
      WHEN COALESCE(kept_1 >= 3e0, FALSE)
      THEN kept_1 - 1e0 - CASE WHEN NOT block_5 IS NULL THEN block_17 END
    END AS rolling_maximum_index_18
  FROM stage_7
)
SELECT
  session,
  sid,
  symbol,
  rolling_maximum_index_18 AS "value"
FROM stage_8
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
