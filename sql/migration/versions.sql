-- The versions of its layout that a file of assets of zipline names.
SELECT *
FROM "version"
