-- Pipeline(value=MaxDrawdown(inputs=[EquityPricing.close], window_length=11))
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
    COALESCE("close_q", (
      -1e+300
    )) AS block_1,
    COALESCE("close_q", 1e+300) AS block_2,
    COALESCE(CASE WHEN NOT "close_q" IS NULL THEN 0e0 END, (
      -1e0
    )) AS block_3,
    COALESCE("close_q", 0e0) AS block_4
  FROM spine
), stage_2 AS (
  SELECT
    *,
    LAG(block_1, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_5,
    LAG(block_2, 1, 1e+300) OVER (PARTITION BY sid ORDER BY session ASC) AS block_6,
    LAG(block_3, 1, (
      -1e0
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_7,
    LAG(block_4, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_8
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    CASE WHEN block_5 >= block_1 THEN block_5 ELSE block_1 END AS block_9,
    CASE WHEN block_6 <= block_2 THEN block_6 ELSE block_2 END AS block_10,
    block_5 - block_2 AS kept_11
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    kept_11 >= block_3 AS kept_12,
    LAG(block_9, 2, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_18,
    LAG(block_10, 2, 1e+300) OVER (PARTITION BY sid ORDER BY session ASC) AS block_19
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    CASE WHEN kept_12 THEN kept_11 ELSE block_3 END AS kept_13,
    CASE WHEN kept_12 THEN block_2 ELSE block_4 END AS kept_16,
    CASE WHEN block_18 >= block_9 THEN block_18 ELSE block_9 END AS block_22,
    CASE WHEN block_19 <= block_10 THEN block_19 ELSE block_10 END AS block_23,
    block_18 - block_10 AS kept_24
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    block_7 >= kept_13 AS kept_14,
    LAG(block_22, 4, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_31,
    LAG(block_23, 4, 1e+300) OVER (PARTITION BY sid ORDER BY session ASC) AS block_32
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    CASE WHEN kept_14 THEN block_7 ELSE kept_13 END AS block_15,
    CASE WHEN kept_14 THEN block_8 ELSE kept_16 END AS block_17,
    CASE WHEN block_31 >= block_22 THEN block_31 ELSE block_22 END AS block_35,
    CASE WHEN block_32 <= block_23 THEN block_32 ELSE block_23 END AS block_36,
    block_31 - block_23 AS kept_37
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    LAG(block_15, 2, (
      -1e0
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_20,
    LAG(block_17, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_21,
    kept_24 >= block_15 AS kept_25,
    LAG(block_35, 2, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_44,
    LAG(block_36, 2, 1e+300) OVER (PARTITION BY sid ORDER BY session ASC) AS block_45
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    CASE WHEN kept_25 THEN kept_24 ELSE block_15 END AS kept_26,
    CASE WHEN kept_25 THEN block_10 ELSE block_17 END AS kept_29,
    CASE WHEN block_44 >= block_9 THEN block_44 ELSE block_9 END AS block_48,
    CASE WHEN block_45 <= block_10 THEN block_45 ELSE block_10 END AS block_49,
    block_44 - block_10 AS kept_50
  FROM stage_8
), stage_10 AS (
  SELECT
    *,
    block_20 >= kept_26 AS kept_27,
    kept_50 >= block_15 AS kept_51,
    LAG(block_48, 1, (
      -1e+300
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_57,
    LAG(block_49, 1, 1e+300) OVER (PARTITION BY sid ORDER BY session ASC) AS block_58
  FROM stage_9
), stage_11 AS (
  SELECT
    *,
    CASE WHEN kept_27 THEN block_20 ELSE kept_26 END AS block_28,
    CASE WHEN kept_27 THEN block_21 ELSE kept_29 END AS block_30,
    CASE WHEN kept_51 THEN kept_50 ELSE block_15 END AS kept_52,
    CASE WHEN kept_51 THEN block_10 ELSE block_17 END AS kept_55,
    CASE WHEN block_57 >= block_1 THEN block_57 ELSE block_1 END AS block_61,
    CASE WHEN block_58 <= block_2 THEN block_58 ELSE block_2 END AS block_62,
    block_57 - block_2 AS kept_63
  FROM stage_10
), stage_12 AS (
  SELECT
    *,
    LAG(block_28, 4, (
      -1e0
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_33,
    LAG(block_30, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_34,
    kept_37 >= block_28 AS kept_38,
    kept_63 >= block_3 AS kept_64
  FROM stage_11
), stage_13 AS (
  SELECT
    *,
    CASE WHEN kept_38 THEN kept_37 ELSE block_28 END AS kept_39,
    CASE WHEN kept_38 THEN block_23 ELSE block_30 END AS kept_42,
    CASE WHEN kept_64 THEN kept_63 ELSE block_3 END AS kept_65,
    CASE WHEN kept_64 THEN block_2 ELSE block_4 END AS kept_68
  FROM stage_12
), stage_14 AS (
  SELECT
    *,
    block_33 >= kept_39 AS kept_40
  FROM stage_13
), stage_15 AS (
  SELECT
    *,
    CASE WHEN kept_40 THEN block_33 ELSE kept_39 END AS block_41,
    CASE WHEN kept_40 THEN block_34 ELSE kept_42 END AS block_43
  FROM stage_14
), stage_16 AS (
  SELECT
    *,
    LAG(block_41, 2, (
      -1e0
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_46,
    LAG(block_43, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_47
  FROM stage_15
), stage_17 AS (
  SELECT
    *,
    block_46 >= kept_52 AS kept_53
  FROM stage_16
), stage_18 AS (
  SELECT
    *,
    CASE WHEN kept_53 THEN block_46 ELSE kept_52 END AS block_54,
    CASE WHEN kept_53 THEN block_47 ELSE kept_55 END AS block_56
  FROM stage_17
), stage_19 AS (
  SELECT
    *,
    LAG(block_54, 1, (
      -1e0
    )) OVER (PARTITION BY sid ORDER BY session ASC) AS block_59,
    LAG(block_56, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_60
  FROM stage_18
), stage_20 AS (
  SELECT
    *,
    block_59 >= kept_65 AS kept_66
  FROM stage_19
), stage_21 AS (
  SELECT
    *,
    CASE WHEN kept_66 THEN block_59 ELSE kept_65 END AS block_67,
    CASE WHEN kept_66 THEN block_60 ELSE kept_68 END AS block_69
  FROM stage_20
), stage_22 AS (
  SELECT
    *,
    CASE
      WHEN COALESCE(block_67 >= 0e0, FALSE)
      THEN block_67 / NULLIF(block_69, 0e0)
    END AS max_drawdown_70
  FROM stage_21
)
SELECT
  session,
  sid,
  symbol,
  max_drawdown_70 AS "value"
FROM stage_22
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
