-- Whether a dividend needs more than DECIMAL(18,8).
SELECT coalesce(bool_or(TRY_CAST(amount AS DECIMAL(18, 8)) IS DISTINCT FROM amount), false)
FROM merged_actions
