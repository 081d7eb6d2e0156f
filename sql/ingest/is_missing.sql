-- Whether a text says that there is no value.
CREATE OR REPLACE MACRO is_missing(written) AS
    coalesce(lower(trim(written)) IN ('', 'nan', 'na', 'n/a', '#n/a', 'null', 'none', '-', 'nat'), true)
