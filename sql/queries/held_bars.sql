-- First and last session of the bars of a bundle.
SELECT
    first_session,
    last_session
FROM meta.bundles
WHERE bundle = $bundle
