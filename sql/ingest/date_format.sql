-- Refused if the pattern is no date format.
SELECT try_strptime('', ?)
