-- Pipeline(value=AroonOscillator(timeperiod=3))
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
    -"low_q" AS kept_1,
    LAG("high_q", 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_6,
    COALESCE("high_q", (
      -1e+300
    )) AS block_22,
    CASE WHEN NOT "high_q" IS NULL THEN 0e0 END AS block_23
  FROM spine
), stage_2 AS (
  SELECT
    *,
    LAG(kept_1, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_2,
    "high_q" + (
      1e0 * block_6
    ) AS block_7,
    COALESCE(kept_1, (
      -1e+300
    )) AS block_10,
    CASE WHEN NOT kept_1 IS NULL THEN 0e0 END AS block_11,
    LAG(block_22, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_24,
    LAG(block_23, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_25
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    kept_1 + (
      1e0 * block_2
    ) AS block_3,
    LAG(block_7, 2) OVER (PARTITION BY sid ORDER BY session ASC) AS block_8,
    LAG(block_10, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_12,
    LAG(block_11, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_13,
    block_24 > block_22 AS kept_26
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    LAG(block_3, 2) OVER (PARTITION BY sid ORDER BY session ASC) AS block_4,
    block_7 + (
      1e0 * block_8
    ) AS block_9,
    block_12 > block_10 AS kept_14,
    CASE WHEN kept_26 THEN block_24 ELSE block_22 END AS block_27,
    CASE WHEN kept_26 THEN block_25 + 1e0 ELSE block_23 END AS block_28
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    block_3 + (
      1e0 * block_4
    ) AS block_5,
    CASE WHEN kept_14 THEN block_12 ELSE block_10 END AS block_15,
    CASE WHEN kept_14 THEN block_13 + 1e0 ELSE block_11 END AS block_16,
    LAG(block_27, 2, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_29,
    LAG(block_28, 2) OVER (PARTITION BY sid ORDER BY session ASC) AS block_30
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    LAG(block_15, 2, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_17,
    LAG(block_16, 2) OVER (PARTITION BY sid ORDER BY session ASC) AS block_18,
    block_29 > block_27 AS kept_31
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    block_17 > block_15 AS kept_19,
    CASE WHEN kept_31 THEN block_29 ELSE block_27 END AS block_32,
    CASE WHEN kept_31 THEN block_30 + 2e0 ELSE block_28 END AS block_33
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    CASE WHEN kept_19 THEN block_17 ELSE block_15 END AS block_20,
    CASE WHEN kept_19 THEN block_18 + 2e0 ELSE block_16 END AS block_21
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    (
      (
        100e0 * (
          3e0 - CASE WHEN NOT block_9 IS NULL THEN block_33 END
        )
      ) / 3e0
    ) - (
      (
        100e0 * (
          3e0 - CASE WHEN NOT block_5 IS NULL THEN block_21 END
        )
      ) / 3e0
    ) AS aroon_oscillator_34
  FROM stage_8
)
SELECT
  session,
  sid,
  symbol,
  aroon_oscillator_34 AS "value"
FROM stage_9
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
