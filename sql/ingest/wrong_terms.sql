-- The first assets whose terms contradict their kind, with what is wrong.
SELECT symbol, problem
FROM (
    SELECT
        symbol,
        CASE
            WHEN asset_type NOT IN ('equity', 'etf', 'adr', 'crypto', 'perpetual', 'forex', 'future', 'option')
                THEN 'asset_type ' || asset_type
            WHEN NOT (tick_size > 0 AND isfinite(tick_size)) THEN 'tick_size ' || tick_size
            WHEN NOT (lot_size > 0 AND isfinite(lot_size)) THEN 'lot_size ' || lot_size
            WHEN NOT (multiplier > 0 AND isfinite(multiplier)) THEN 'multiplier ' || multiplier
            WHEN NOT (initial_margin >= 0 AND isfinite(initial_margin)) THEN 'initial_margin ' || initial_margin
            WHEN NOT (maintenance_margin >= 0 AND isfinite(maintenance_margin))
                THEN 'maintenance_margin ' || maintenance_margin
            WHEN NOT (borrow_rate >= 0 AND isfinite(borrow_rate)) THEN 'borrow_rate ' || borrow_rate
            WHEN NOT (strike >= 0 AND isfinite(strike)) THEN 'strike ' || strike
            WHEN option_right NOT IN ('call', 'put') THEN 'option_right ' || option_right
            WHEN asset_type = 'option'
                AND (underlying IS NULL OR expiry IS NULL OR strike IS NULL OR option_right IS NULL)
                THEN 'an option without underlying, expiry, strike or option_right'
        END AS problem
    FROM terms
)
WHERE problem IS NOT NULL
ORDER BY symbol
LIMIT 3
