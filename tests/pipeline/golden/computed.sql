-- Pipeline(value=PhasorComponents().inphase)
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
), known AS (
  SELECT
    labels.session,
    assets.sid,
    assets.symbol,
    assets.first_session < labels.session AND labels.session <= assets.last_session AS alive,
    COALESCE(actions.price_ratio, 1e0) AS price_ratio,
    COALESCE(actions.split_ratio, 1e0) AS split_ratio,
    COALESCE(LAST_VALUE(actions.price_scale IGNORE NULLS) OVER before, 1e0) AS price_then,
    COALESCE(LAST_VALUE(actions.split_scale IGNORE NULLS) OVER before, 1e0) AS split_then
  FROM labels
  CROSS JOIN sp500.assets
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
    price_then,
    split_then,
    price_ratio,
    split_ratio,
    price_then * price_ratio AS price_scale,
    split_then * split_ratio AS split_scale
  FROM known
), known_1 AS (
  SELECT
    session,
    sid,
    CAST("inphase" AS DOUBLE) AS "PhasorComponents_e115abce.inphase",
    CAST("quadrature" AS DOUBLE) AS "PhasorComponents_e115abce.quadrature"
  FROM "PhasorComponents_e115abce"
), joined AS (
  SELECT
    spine.*,
    "known_1"."PhasorComponents_e115abce.inphase",
    "known_1"."PhasorComponents_e115abce.quadrature"
  FROM spine
  LEFT JOIN "known_1"
    ON "known_1".session = spine.session AND "known_1".sid = spine.sid
)
SELECT
  session,
  sid,
  symbol,
  "PhasorComponents_e115abce.inphase" AS "value"
FROM joined
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
