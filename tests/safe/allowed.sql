-- What people ask of a warehouse, one query a line; safe mode gives the same rows.
SELECT 1
from sp.bars_1d
select session, avg(close) from sp.bars_1d where symbol='A' group by all order by all
with x as (select * from sp.bars_1d) select count(*) from x
with recursive t(n) as (select 1 union all select n+1 from t where n<10) select * from t
select symbol, close / lag(close) over (partition by sid order by session) - 1 as r from sp.bars_1d
select *, row_number() over w as n from sp.bars_1d window w as (partition by sid order by session) qualify n = 1
select * exclude (open) from sp.bars_1d limit 5 offset 2
select * replace (close*2 as close) from sp.bars_1d
select columns('o.*') from sp.bars_1d
select a.symbol, b.close from sp.assets a join sp.bars_1d b using (sid)
select a.symbol, b.close from sp.assets a left join sp.bars_1d b on a.sid=b.sid and b.session > date '2020-01-01'
select * from sp.bars_1d b asof join sp.adjustments a on a.sid=b.sid and b.session >= a.session
select count(*) filter (where close > 10) from sp.bars_1d
select quantile_cont(close, 0.5), median(close), stddev(close), corr(open, close) from sp.bars_1d
select date_trunc('month', session) as m, sum(volume) from sp.bars_1d group by 1 having sum(volume) > 10 order by 1 desc nulls last
select symbol in ('A','B'), close between 1 and 2, symbol like 'A%', symbol ilike 'a%', not (close is null) from sp.bars_1d
select case when close > 1 then 'x' else 'y' end, coalesce(close, 0), nullif(close,1), try_cast(symbol as integer), close::double from sp.bars_1d
select symbol from sp.assets union all select symbol from sp.bars_1d except select 'A'
select symbol from sp.assets where exists (select 1 from sp.bars_1d b where b.sid = assets.sid)
select list(close order by session), array_agg(distinct symbol), string_agg(symbol, ',' order by symbol), max_by(symbol, close), arg_min(symbol, close) from sp.bars_1d
select list_transform([1,2,3], lambda x: x + 1), list_filter([1,2], lambda x: x > 1), [x for x in [1,2] if x > 1]
select {'a': 1}.a, struct_pack(b := 2).b, map {'k': 1}['k'], [1,2,3][1:2]
select unnest([1,2,3])
select * from range(3) t(i), generate_series(1, 2) s(j), unnest([1]) u(k)
select count(*) >= 0 from sp.bars_1d tablesample 10 percent (bernoulli, 7)
select * from sp.bars_1d using sample reservoir(5 rows) repeatable (1)
pivot sp.bars_1d on symbol in ('A','B') using sum(close) group by session
select * from sp.bars_1d pivot (sum(close) for symbol in ('A','B') group by session)
unpivot sp.bars_1d on open, close into name n value v
select * from (values (1,'a'),(2,'b')) t(x,y)
values (1)
select sid, avg(close) over (partition by sid order by session rows between 19 preceding and current row) from sp.bars_1d
select sid, sum(close) over (partition by sid order by session range between interval 7 days preceding and current row) from sp.bars_1d
select first_value(close ignore nulls) over (partition by sid order by session) from sp.bars_1d
select sid, symbol, sum(close) from sp.bars_1d group by grouping sets ((sid), (symbol), ())
select sid, symbol, sum(close) from sp.bars_1d group by rollup (sid, symbol)
select sid, grouping(sid), sum(close) from sp.bars_1d group by cube (sid, symbol)
select distinct on (sid) sid, session from sp.bars_1d order by sid, session desc
select extract(year from session), year(session), session + interval 1 month, session - 1, strftime(session, '%Y'), dayname(session) from sp.bars_1d
select * from sp.bars_1d where close > $floor and symbol = $symbol
select * from sp.bars_1d where close > ? limit 3
select * from sp.bars_1d, lateral (select sp.bars_1d.close * 2 as d)
select (select max(close) from sp.bars_1d) as m, close = any(select close from sp.bars_1d) from sp.bars_1d
select upper(symbol) || '-' || symbol, regexp_replace(symbol, 'A', 'b'), substr(symbol, 1, 2), symbol[1], printf('%d', 3) from sp.assets
select * from meta.bundles
select time_bucket(interval '7 days', session) from sp.bars_1d
select ts at time zone 'America/New_York' from (select timestamp '2020-01-01' ts)
select * from sp.bars_1d a semi join sp.assets using (sid)
select * from sp.bars_1d a anti join sp.assets using (sid)
select * from sp.assets positional join sp.sessions
select * from sp.assets a natural join sp.bars_1d
with a as materialized (select 1 as x), b as (select x + 1 as y from a) select * from a, b
select s.close as c, c + 1 as d, sum(d) over () from sp.bars_1d s
select histogram(close), mode(symbol), mad(close), skewness(close), regr_slope(close, open) from sp.bars_1d
select greatest(open, close), least(open, close), round(close, 2), ln(close), exp(1), pow(close, 2), 7 // 2, 7 % 2, -close, abs(close), 2 ** 3 from sp.bars_1d
select * from sp.bars_1d order by close desc limit 10%
select ntile(4) over (order by close), percent_rank() over (order by close), cume_dist() over (order by close), lead(close, 2, 0) over (order by close), nth_value(close, 2) over (order by close) from sp.bars_1d
select sum(close) over (order by session groups between 1 preceding and current row exclude current row) from sp.bars_1d
from sp.bars_1d select symbol where close > 1
select "close" from "sp"."bars_1d"
select symbol as "Sym""bol", 'it''s', 1e3, 0x1F, 1_000 from SP.Bars_1D
select date '2020-01-01', timestamp '2020-01-01 00:00:00', interval '1' day, true, null, 'a' collate nocase
select if(close > 1, 1, 0), ifnull(close, 0), close is distinct from open, close is not distinct from 1 from sp.bars_1d
select count(distinct sid), approx_count_distinct(sid), bool_and(close > 1) from sp.bars_1d
select json_extract_string('{"a":1}', '$.a'), '{"a":1}'::json ->> 'a'
