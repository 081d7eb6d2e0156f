-- What actions are derived from.
SELECT
    symbol,
    session,
    CAST(close AS DOUBLE) AS close,
    adjusted,
    adjusted_places
FROM staged
