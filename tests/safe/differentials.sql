-- Where two parsers may differ. The first sign says what must happen: + passes with the same rows, - is refused.
+ SELECT 1 -- ; COPY (SELECT 1) TO '{data}'
+ SELECT 1 /* ; DROP SCHEMA sp */
+ SELECT 1 /* /* nested */ , getenv('SAFE_CANARY') */
+ SELECT 1 /* /* nested */ */ , 2
+ SELECT 1 /*! , getenv('SAFE_CANARY') */
+ SELECT /*+ hint */ 1
- SELECT 1 # , 2
+ SELECT 1 --+ x
- SELECT 'a\' AS x, getenv('SAFE_CANARY') AS y, '\' AS z
- SELECT 'a\' || getenv('SAFE_CANARY') || '\'
+ SELECT 'it''s', 'a\nb'
- SELECT E'a\'', getenv('SAFE_CANARY') --'
- SELECT E'a\nb\'c'
- SELECT e'\x41'
- SELECT $$a'b$$
- SELECT $x$ $$ $x$
- SELECT $x$ ' $x$, getenv($x$SAFE_CANARY$x$)
+ SELECT U&'\0041'
- SELECT x'41'
- SELECT b'01'
+ SELECT "sid" FROM sp.assets
- SELECT `sid` FROM sp.assets
+ SELECT [sid] FROM sp.assets
+ SELECT "a""b" FROM (SELECT 1 AS "a""b")
+ SELECT 1 AS "x""; DROP SCHEMA sp; --"
+ SELECT 1 AS 'x'
+ SELECT 'x'::VARCHAR
+ SELECT 1::INT::VARCHAR
+ SELECT -1::INTEGER
+ SELECT - - 1
- SELECT --1
+ SELECT 2 ** 3 ** 2
+ SELECT 2 ^ 3 ^ 2
+ SELECT -2 ** 2
+ SELECT 7 // 2, 7 / 2, 7 % 2
+ SELECT 1 << 2 + 1
+ SELECT NOT 1 = 2
+ SELECT NOT NULL IS NULL
+ SELECT 1 IN (1, NULL), 2 NOT IN (1)
- SELECT 1 = 1 = true
+ SELECT 5 BETWEEN 1 AND 6 AND false
+ SELECT 'a' LIKE 'A', 'a' ILIKE 'A', 'a' GLOB 'a*', 'a' SIMILAR TO 'a|b'
+ SELECT 'a%' LIKE 'a!%' ESCAPE '!'
+ SELECT 'abc' ~ 'b'
+ SELECT 'abc' ~~ 'a%', 'abc' !~~ 'a%'
+ SELECT 'a' || NULL || 'b'
+ SELECT 1e3, .5, 5., 0x1F, 1_000
+ SELECT 0b101, 0o17
+ SELECT 9223372036854775808, 1.00000000000000000000000000000000001
+ SELECT DATE '2020-01-31' + INTERVAL 1 MONTH
+ SELECT INTERVAL '1 day 2 hours'
+ SELECT INTERVAL (1 + 1) DAY
+ SELECT DATE '2020-02-01' - DATE '2020-01-01'
+ SELECT date_diff('day', DATE '2020-01-01', DATE '2020-02-01')
+ SELECT date_part('dow', DATE '2020-01-01'), extract(epoch FROM DATE '2020-01-01')
+ SELECT strftime(DATE '2020-01-02', '%d/%m/%Y %% %-d')
+ SELECT strptime('02/01/2020', '%d/%m/%Y')
+ SELECT to_timestamp(0), epoch_ms(0)
+ SELECT TIMESTAMP '2020-01-01 12:00:00' AT TIME ZONE 'America/New_York'
+ SELECT [1, 2, 3][1], [1, 2, 3][-1], [1, 2, 3][2:], 'abc'[1:2]
+ SELECT {'a': 1, 'b': {'c': 2}}.b.c
+ SELECT MAP {'a': 1}['a'], MAP(['a'], [1])
+ SELECT list_transform([1, 2], lambda x: x + 1)
+ SELECT list_transform([1, 2], lambda x, i: x * i)
+ SELECT [x * 2 FOR x IN [1, 2, 3] IF x > 1]
+ SELECT list_reduce([1, 2, 3], lambda a, b: a + b)
+ SELECT struct_pack(a := 1, b := 'x')
+ SELECT unnest({'a': 1, 'b': 2})
+ SELECT unnest([{'a': 1}], recursive := true)
+ SELECT '{"a": [1, 2]}'::JSON -> 'a' ->> 0
+ SELECT '{"a": 1}'::JSON -> '$.a', json_extract('{"a":{"b":2}}', '$.a.b')
+ SELECT count(*), COUNT(DISTINCT sid), count() FROM sp.assets
+ SELECT COLUMNS(lambda c: c LIKE 's%') FROM sp.assets
+ SELECT COLUMNS('s.*') + 0 FROM (SELECT sid FROM sp.assets)
+ SELECT * LIKE 's%' FROM sp.assets
+ SELECT * EXCLUDE (exchange) RENAME (sid AS id) FROM sp.assets
+ SELECT sp.assets.sid, assets.symbol FROM sp.assets
+ SELECT assets FROM sp.assets
- SELECT #1 FROM sp.assets
+ SELECT sid AS a, a + 1 AS b FROM sp.assets WHERE a > 0
+ SELECT a: 1, b: 2
+ FROM sp.assets
+ FROM sp.assets SELECT sid LIMIT 1
+ TABLE sp.assets
+ VALUES (1, 'a'), (2, 'b')
+ SELECT * FROM sp.assets AS t(a, b)
- SELECT * FROM (sp.assets)
+ SELECT * FROM ((SELECT 1))
+ (SELECT 1) UNION (SELECT 2) ORDER BY 1
+ SELECT 1 UNION ALL BY NAME SELECT 2 AS x
+ SELECT 1 INTERSECT ALL SELECT 1
+ SELECT DISTINCT ON (symbol) symbol FROM sp.assets ORDER BY ALL
+ SELECT sid FROM sp.assets GROUP BY ALL HAVING count(*) > 0 ORDER BY ALL DESC NULLS FIRST
+ SELECT sid FROM sp.assets ORDER BY sid LIMIT 50 PERCENT
+ SELECT sid FROM sp.assets ORDER BY sid FETCH FIRST 1 ROW ONLY
+ SELECT a.sid FROM sp.assets a, sp.assets b WHERE a.sid = b.sid ORDER BY 1
+ SELECT a.sid FROM sp.assets a SEMI JOIN sp.bars_1d b USING (sid) ORDER BY 1
+ SELECT count(*) FROM sp.bars_1d b ASOF LEFT JOIN sp.adjustments a ON a.sid = b.sid AND b.session >= a.session
+ SELECT count(*) FROM sp.bars_1d TABLESAMPLE 100%
+ SELECT sum(close) OVER w FROM sp.bars_1d WINDOW w AS (PARTITION BY sid ORDER BY session ROWS 2 PRECEDING) ORDER BY 1
+ SELECT last_value(close) OVER (ORDER BY sid, session ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) FROM sp.bars_1d
+ SELECT lag(close, 1 IGNORE NULLS) OVER (PARTITION BY sid ORDER BY session) FROM sp.bars_1d ORDER BY ALL
+ SELECT first(close ORDER BY session DESC) FROM sp.bars_1d
+ SELECT max(close ORDER BY session) FILTER (sid = 1) FROM sp.bars_1d
+ SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY close) FROM sp.bars_1d
+ SELECT quantile_cont(close, [0.25, 0.75]) FROM sp.bars_1d
+ SELECT mode() WITHIN GROUP (ORDER BY sid) FROM sp.assets
+ SELECT CASE sid WHEN 0 THEN 'a' ELSE 'b' END FROM sp.assets ORDER BY ALL
+ SELECT IF(true, 1, 2), IFNULL(NULL, 1), COALESCE(NULL, 2), NULLIF(1, 1)
+ SELECT CAST('1' AS DECIMAL(18, 8)), TRY_CAST('x' AS INT)
+ SELECT '2020-01-01'::DATE::TIMESTAMP, '1 day'::INTERVAL
+ SELECT 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL
+ SELECT EXISTS (SELECT 1), 1 = ANY (SELECT 1), 2 > ALL (SELECT 1)
+ SELECT 'a'.upper(), 'abc'.replace('b', 'x').upper()
+ SELECT left('abc', 2), right('abc', 2), substring('abc' FROM 2 FOR 1), position('b' IN 'abc'), trim(BOTH 'x' FROM 'xax')
+ SELECT overlay('abc' PLACING 'x' FROM 2 FOR 1)
+ SELECT log(100), log2(8), ln(1), log(2, 8)
+ SELECT round(2.5), round_even(2.5, 0), trunc(-2.7), -7 % 3, mod(-7, 3)
+ SELECT greatest(1, NULL, 3), least(1, NULL)
+ SELECT hash('a') = hash('a'), md5('a'), sha256('a')
+ SELECT format('{{}} {{}}', 1, 'a'), printf('%05.2f', 1.5)
+ SELECT string_agg(symbol, ',' ORDER BY symbol), listagg(symbol, '|' ORDER BY symbol) FROM sp.assets
+ SELECT regexp_extract('a1', '([a-z])(\d)', 2), regexp_replace('aaa', 'a', 'b', 'g'), regexp_matches('abc', '^a')
+ SELECT array_length([1]), len('a'), cardinality(MAP {'a': 1}), length([1, 2])
+ SELECT generate_series(1, 3), range(3)
+ SELECT * FROM generate_series(DATE '2020-01-01', DATE '2020-01-03', INTERVAL 1 DAY)
+ SELECT * FROM unnest([1, 2]) WITH ORDINALITY
- SELECT * FROM sp.assets AT (VERSION => 1)
+ PIVOT sp.assets ON symbol IN ('A', 'B') USING count(*) GROUP BY exchange
- PIVOT sp.assets ON symbol USING count(*)
+ UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b INTO NAME n VALUE v
+ SELECT * FROM (SELECT 1 AS a, 2 AS b) UNPIVOT (v FOR n IN (a, b))
+ WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t ORDER BY n
+ WITH RECURSIVE t(n, m) USING KEY (n) AS (SELECT 1, 1 UNION SELECT n, m + 1 FROM t WHERE m < 3) SELECT * FROM t
+ WITH a AS NOT MATERIALIZED (SELECT 1 AS x) SELECT * FROM a
+ WITH a(x) AS (VALUES (1)) SELECT x FROM a
+ SELECT * FROM sp.assets POSITIONAL JOIN sp.sessions ORDER BY ALL LIMIT 3
+ SELECT sid COLLATE NOCASE FROM (SELECT 'a' AS sid)
+ SELECT current_date = today()
+ SELECT typeof(1), typeof(NULL), alias(sid) FROM sp.assets LIMIT 1
+ SELECT TRUE AND UNKNOWN
- SELECT CURRENT_USER
- SELECT SESSION_USER
+ SELECT CURRENT_SCHEMA
- SELECT CURRENT_CATALOG
+ SELECT 1 WHERE 1 = 1 LIMIT ALL
+ SELECT 1;
+ SELECT 1 ; -- end
+ SELECT 1 ORDER BY 1 OFFSET 0
+ sElEcT 1 fRoM Sp.AsSeTs LIMIT 1
+ SELECT 1 FROM SP."assets" LIMIT 1
+ SELECT 1 FROM "sp"."ASSETS" LIMIT 1
- SELECT 1 FROM "sp.assets"
+ SELECT ſid FROM sp.assets
- SELECT 1 FROM sp.aſſets
+ SELECT 1 AS é, 'ｓｐ'
+ SELECT 1 AS ᴀ
+ SELECT * FROM sp.assets TABLESAMPLE reservoir(1 ROWS) REPEATABLE (1)
