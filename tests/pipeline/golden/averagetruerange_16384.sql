-- Pipeline(value=AverageTrueRange(timeperiod=3))
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
    (
      NOT "high_q" IS NULL AND NOT "low_q" IS NULL
    ) AND NOT "close_q" IS NULL AS kept_1
  FROM spine
), stage_2 AS (
  SELECT
    *,
    CASE WHEN kept_1 THEN "high_q" END AS kept_2,
    CASE WHEN kept_1 THEN "low_q" END AS kept_3,
    CASE WHEN kept_1 THEN "close_q" END AS kept_4
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    LAST_VALUE(kept_4 IGNORE NULLS) OVER (
      PARTITION BY sid
      ORDER BY session ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS window_5
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    LAG(window_5, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS kept_6
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_6 IS NULL AND NOT kept_2 IS NULL
      THEN GREATEST(kept_2 - kept_3, ABS(kept_2 - kept_6), ABS(kept_3 - kept_6))
    END AS kept_7
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    CAST(COUNT(kept_7) OVER (
      PARTITION BY sid
      ORDER BY session ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DOUBLE) AS kept_8
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_7 IS NULL AND COALESCE(kept_8 > 3e0, FALSE)
      THEN 0.6666666666666667e0
      ELSE 1e0
    END AS kept_9,
    CASE
      WHEN NOT kept_7 IS NULL
      THEN CASE
        WHEN COALESCE(kept_8 > 3e0, FALSE)
        THEN kept_7 * 0.3333333333333333e0
        ELSE CASE WHEN COALESCE(kept_8 > 0e0, FALSE) THEN kept_7 / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_10
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    LAG(kept_9, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_11,
    LAG(kept_10, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_12
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    block_11 * kept_9 AS block_13,
    (
      kept_9 * block_12
    ) + kept_10 AS block_14
  FROM stage_8
), stage_10 AS (
  SELECT
    *,
    LAG(block_13, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_15,
    LAG(block_14, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_16
  FROM stage_9
), stage_11 AS (
  SELECT
    *,
    block_15 * block_13 AS block_17,
    (
      block_13 * block_16
    ) + block_14 AS block_18
  FROM stage_10
), stage_12 AS (
  SELECT
    *,
    LAG(block_17, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_19,
    LAG(block_18, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_20
  FROM stage_11
), stage_13 AS (
  SELECT
    *,
    block_19 * block_17 AS block_21,
    (
      block_17 * block_20
    ) + block_18 AS block_22
  FROM stage_12
), stage_14 AS (
  SELECT
    *,
    LAG(block_21, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_23,
    LAG(block_22, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_24
  FROM stage_13
), stage_15 AS (
  SELECT
    *,
    block_23 * block_21 AS block_25,
    (
      block_21 * block_24
    ) + block_22 AS block_26
  FROM stage_14
), stage_16 AS (
  SELECT
    *,
    LAG(block_25, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_27,
    LAG(block_26, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_28
  FROM stage_15
), stage_17 AS (
  SELECT
    *,
    block_27 * block_25 AS block_29,
    (
      block_25 * block_28
    ) + block_26 AS block_30
  FROM stage_16
), stage_18 AS (
  SELECT
    *,
    LAG(block_29, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_31,
    LAG(block_30, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_32
  FROM stage_17
), stage_19 AS (
  SELECT
    *,
    block_31 * block_29 AS block_33,
    (
      block_29 * block_32
    ) + block_30 AS block_34
  FROM stage_18
), stage_20 AS (
  SELECT
    *,
    LAG(block_33, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_35,
    LAG(block_34, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_36
  FROM stage_19
), stage_21 AS (
  SELECT
    *,
    block_35 * block_33 AS block_37,
    (
      block_33 * block_36
    ) + block_34 AS block_38
  FROM stage_20
), stage_22 AS (
  SELECT
    *,
    LAG(block_37, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_39,
    LAG(block_38, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_40
  FROM stage_21
), stage_23 AS (
  SELECT
    *,
    block_39 * block_37 AS block_41,
    (
      block_37 * block_40
    ) + block_38 AS block_42
  FROM stage_22
), stage_24 AS (
  SELECT
    *,
    LAG(block_41, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_43,
    LAG(block_42, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_44
  FROM stage_23
), stage_25 AS (
  SELECT
    *,
    block_43 * block_41 AS block_45,
    (
      block_41 * block_44
    ) + block_42 AS block_46
  FROM stage_24
), stage_26 AS (
  SELECT
    *,
    LAG(block_45, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_47,
    LAG(block_46, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_48
  FROM stage_25
), stage_27 AS (
  SELECT
    *,
    block_47 * block_45 AS block_49,
    (
      block_45 * block_48
    ) + block_46 AS block_50
  FROM stage_26
), stage_28 AS (
  SELECT
    *,
    LAG(block_49, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_51,
    LAG(block_50, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_52
  FROM stage_27
), stage_29 AS (
  SELECT
    *,
    block_51 * block_49 AS block_53,
    (
      block_49 * block_52
    ) + block_50 AS block_54
  FROM stage_28
), stage_30 AS (
  SELECT
    *,
    LAG(block_53, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_55,
    LAG(block_54, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_56
  FROM stage_29
), stage_31 AS (
  SELECT
    *,
    block_55 * block_53 AS block_57,
    (
      block_53 * block_56
    ) + block_54 AS block_58
  FROM stage_30
), stage_32 AS (
  SELECT
    *,
    LAG(block_57, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_59,
    LAG(block_58, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_60
  FROM stage_31
), stage_33 AS (
  SELECT
    *,
    block_59 * block_57 AS block_61,
    (
      block_57 * block_60
    ) + block_58 AS block_62
  FROM stage_32
), stage_34 AS (
  SELECT
    *,
    LAG(block_61, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_63,
    LAG(block_62, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_64
  FROM stage_33
), stage_35 AS (
  SELECT
    *,
    block_63 * block_61 AS block_65,
    (
      block_61 * block_64
    ) + block_62 AS block_66
  FROM stage_34
), stage_36 AS (
  SELECT
    *,
    CASE WHEN NOT kept_7 IS NULL AND COALESCE(kept_8 >= 3e0, FALSE) THEN block_66 END AS kept_67
  FROM stage_35
), stage_37 AS (
  SELECT
    *,
    kept_67 * "price_scale" AS average_true_range_68
  FROM stage_36
)
SELECT
  session,
  sid,
  symbol,
  average_true_range_68 AS "value"
FROM stage_37
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
