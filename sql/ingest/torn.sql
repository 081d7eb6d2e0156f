-- Keeps the lines that are no row: too few or too many fields, an open quote, bad bytes. DuckDB
-- lists them in temporary tables of the cursor that read the files. Records are counted from 1.
INSERT INTO torn
SELECT
    reject_scans.file_path AS file,
    reject_errors.line AS record,
    arg_min(lower(error_type) || ': ' || error_message, column_idx) AS reason,
    any_value(csv_line) AS raw
FROM reject_errors
JOIN reject_scans USING (scan_id, file_id)
GROUP BY reject_scans.file_path, reject_errors.line
