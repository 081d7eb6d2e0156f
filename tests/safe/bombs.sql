-- Statements that never end or never fit. Limits are 3 s and 512 MiB.
SELECT count(*) FROM sp.bars_1d a, sp.bars_1d b, sp.bars_1d c, sp.bars_1d d, sp.bars_1d e
SELECT a.close FROM sp.bars_1d a, sp.bars_1d b, sp.bars_1d c, sp.bars_1d d
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t
WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t
SELECT length(repeat('x', 4000000000))
SELECT length(repeat(repeat('x', 1000000), 4000))
SELECT rpad('x', 2000000000, 'y')
SELECT count(*) FROM range(1000000000000)
SELECT * FROM generate_series(1, 10000000000)
SELECT generate_series(1, 10000000000)
SELECT list(i) FROM range(10000000000) t(i)
SELECT count(DISTINCT i) FROM range(10000000000) t(i)
SELECT i FROM range(1000000000) t(i) ORDER BY hash(i) LIMIT 1 OFFSET 900000000
SELECT string_agg(repeat('x', 1000), '') FROM range(100000000)
SELECT sum(length(regexp_replace(repeat('a', 1000000) || i, '(a|b)*?c?', 'bb', 'g'))) FROM range(1000000) t(i)
SELECT regexp_matches(repeat('a', 100000000), '(a?){1000}b')
SELECT list_reduce(range(100000000), lambda a, b: a + b)
SELECT sum(i) OVER (ORDER BY hash(i)) FROM range(1000000000) t(i)
SELECT sleep_ms(10000)
SELECT printf('%2000000000d', 1)
SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))
