-- Pipeline(value=RollingRangeIndex(timeperiod=3).lowest)
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
    -"close_q" AS kept_2
  FROM spine
), stage_2 AS (
  SELECT
    *,
    LAG(kept_2, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_3,
    COALESCE(kept_2, (
      -1e+300
    )) AS block_7,
    CASE WHEN NOT kept_2 IS NULL THEN 0e0 END AS block_8
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    kept_2 + (
      1e0 * block_3
    ) AS block_4,
    LAG(block_7, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_9,
    LAG(block_8, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_10
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    LAG(block_4, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_5,
    block_9 > block_7 AS kept_11
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    kept_2 + (
      1e0 * block_5
    ) AS block_6,
    CASE WHEN kept_11 THEN block_9 ELSE block_7 END AS block_12,
    CASE WHEN kept_11 THEN block_10 + 1e0 ELSE block_8 END AS block_13
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    LAG(block_12, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_14,
    LAG(block_13, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_15
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    block_14 > block_12 AS kept_16
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    CASE WHEN kept_16 THEN block_14 ELSE block_12 END AS block_17,
    CASE WHEN kept_16 THEN block_15 + 1e0 ELSE block_13 END AS block_18
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    CASE
      WHEN COALESCE(kept_1 >= 3e0, FALSE)
      THEN kept_1 - 1e0 - CASE WHEN NOT block_6 IS NULL THEN block_18 END
    END AS recarray_field_19
  FROM stage_8
)
SELECT
  session,
  sid,
  symbol,
  recarray_field_19 AS "value"
FROM stage_9
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
