-- Pipeline(value=RollingLinearRegression(inputs=[Returns(window_length=2), Returns(window_length=2)[Asset(0, 'A')]], window_length=3).p_value)
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
    (
      "close_q" - LAG("close_q", 1) OVER (PARTITION BY sid ORDER BY session ASC)
    ) / NULLIF(LAG("close_q", 1) OVER (PARTITION BY sid ORDER BY session ASC), 0e0) AS returns_1
  FROM spine
), stage_2 AS (
  SELECT
    *,
    CASE WHEN "alive" THEN returns_1 END AS masked_2
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    MAX(CASE WHEN sid = 0 THEN masked_2 END) OVER (
      PARTITION BY session
      ORDER BY sid ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS slice_3,
    COVAR_POP(masked_2, masked_2) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS kept_5
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    CASE WHEN "alive" THEN slice_3 END AS masked_4
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    COVAR_POP(masked_4, masked_4) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS kept_6,
    COVAR_POP(masked_4, masked_2) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS kept_7
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    CASE
      WHEN (
        COALESCE(kept_6 > 0e0, FALSE)
        AND (
          COALESCE(
            CAST(COUNT(masked_4) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS DOUBLE) = 3e0,
            FALSE
          )
          AND COALESCE(
            CAST(COUNT(masked_2) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS DOUBLE) = 3e0,
            FALSE
          )
        )
      )
      AND COALESCE(kept_5 > 0e0, FALSE)
      THEN GREATEST(
        (
          (
            kept_6 * kept_5
          ) - (
            kept_7 * kept_7
          )
        ) / NULLIF(kept_6 * kept_5, 0e0),
        0e0
      )
    END AS kept_8,
    CASE
      WHEN (
        COALESCE(kept_6 > 0e0, FALSE)
        AND (
          COALESCE(
            CAST(COUNT(masked_4) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS DOUBLE) = 3e0,
            FALSE
          )
          AND COALESCE(
            CAST(COUNT(masked_2) OVER (PARTITION BY sid ORDER BY session ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS DOUBLE) = 3e0,
            FALSE
          )
        )
      )
      AND COALESCE(kept_5 > 0e0, FALSE)
      THEN kept_7 / NULLIF(SQRT(kept_6 * kept_5), 0e0)
    END AS kept_9
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    (
      kept_8 + 2e-20
    ) / NULLIF(kept_8 + 2e-20 + (
      ABS(kept_9) * ABS(kept_9)
    ), 0e0) AS kept_10,
    ASIN(CASE WHEN NOT ABS(kept_9) IS NULL THEN LEAST(ABS(kept_9), 1e0) END) AS kept_11
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    CASE
      WHEN COALESCE(kept_10 < 4.5399929762484854e-05, FALSE)
      THEN (
        (
          POWER(kept_10, 0.5e0)
        ) / 1.5707963267948977e0
      ) * (
        (
          0.2061517149578049e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 0.8392062108936725e0
          )), 0e0)
        ) + (
          0.3310578549508783e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 0.3963757484730288e0
          )), 0e0)
        ) + (
          0.2657957776442144e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 0.10206804812428256e0
          )), 0e0)
        ) + (
          0.13629693429637874e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 0.014142550072319878e0
          )), 0e0)
        ) + (
          0.04732892869412563e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 0.0010341522523113766e0
          )), 0e0)
        ) + (
          0.011299900080339598e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 3.8840881112546485e-05
          )), 0e0)
        ) + (
          0.0018490709435263271e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 7.224070540877948e-07
          )), 0e0)
        ) + (
          0.0002042719153082809e0 / NULLIF(SQRT(1e0 - (
            kept_10 * 6.3384684138492946e-09
          )), 0e0)
        ) + (
          1.4844586873981502e-05 / NULLIF(SQRT(1e0 - (
            kept_10 * 2.4595767571480942e-11
          )), 0e0)
        ) + (
          6.828319330871331e-07 / NULLIF(SQRT(1e0 - (
            kept_10 * 3.86954358871205e-14
          )), 0e0)
        ) + (
          1.8810248410797222e-08 / NULLIF(SQRT(1e0 - (
            kept_10 * 2.1894116776430836e-17
          )), 0e0)
        ) + (
          2.862350242973897e-10 / NULLIF(SQRT(1e0 - (
            kept_10 * 3.752699939898543e-21
          )), 0e0)
        ) + (
          2.1270790332241214e-12 / NULLIF(SQRT(1e0 - (
            kept_10 * 1.5025562721723435e-25
          )), 0e0)
        ) + (
          6.29796700251788e-15 / NULLIF(SQRT(1e0 - (
            kept_10 * 9.146218162197593e-31
          )), 0e0)
        ) + (
          5.050473700035608e-18 / NULLIF(SQRT(1e0 - (
            kept_10 * 3.723794388696443e-37
          )), 0e0)
        ) + (
          4.161462370372851e-22 / NULLIF(SQRT(1e0 - (
            kept_10 * 1.2386331901233597e-45
          )), 0e0)
        )
      )
      ELSE 1e0 - (
        (
          kept_11 / 3.1415926535897953e0
        ) * (
          (
            0.027152459411754176e0 * (
              POWER(COS((
                kept_11 * 0.010599065008350061e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.062253523938647456e0 * (
              POWER(COS((
                kept_11 * 0.0554249769267674e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.0951585116824926e0 * (
              POWER(COS((
                kept_11 * 0.13436879761216824e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.12462897125553407e0 * (
              POWER(COS((
                kept_11 * 0.244595591644997e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.1495959888165767e0 * (
              POWER(COS((
                kept_11 * 0.38212375559735623e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.16915651939500265e0 * (
              POWER(COS((
                kept_11 * 0.5419832223427726e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.18260341504492364e0 * (
              POWER(COS((
                kept_11 * 0.7183964492207411e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.18945061045506864e0 * (
              POWER(COS((
                kept_11 * 0.9049874901623626e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.18945061045506864e0 * (
              POWER(COS((
                kept_11 * 1.0950125098376375e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.18260341504492364e0 * (
              POWER(COS((
                kept_11 * 1.281603550779259e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.16915651939500265e0 * (
              POWER(COS((
                kept_11 * 1.4580167776572273e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.1495959888165767e0 * (
              POWER(COS((
                kept_11 * 1.6178762444026438e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.12462897125553407e0 * (
              POWER(COS((
                kept_11 * 1.755404408355003e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.0951585116824926e0 * (
              POWER(COS((
                kept_11 * 1.8656312023878319e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.062253523938647456e0 * (
              POWER(COS((
                kept_11 * 1.9445750230732326e0
              ) / 2e0), 0e0)
            )
          ) + (
            0.027152459411754176e0 * (
              POWER(COS((
                kept_11 * 1.98940093499165e0
              ) / 2e0), 0e0)
            )
          )
        )
      )
    END AS recarray_field_12
  FROM stage_7
)
SELECT
  session,
  sid,
  symbol,
  recarray_field_12 AS "value"
FROM stage_8
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
