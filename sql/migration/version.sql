-- Run by SQLite over a file of assets of zipline: the version of its layout.
SELECT version
FROM version_info
