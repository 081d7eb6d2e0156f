-- A binary float at so many decimals, in whole numbers since a product of doubles is rounded:
-- x is mantissa * 2^power, so x * 10^places is mantissa * 5^places / 2^shift. The lists of one carry
-- intermediate values from step to step.
CREATE OR REPLACE MACRO exact_binary_at(x, places, five_to_places, ten_to_rest) AS list_transform(
    list_transform(
        list_transform(
            list_transform(
                [CASE WHEN abs(x) >= 1e-20 AND abs(x) < 1e20 THEN {
                    'size': abs(x),
                    'power': CAST(floor(log2(abs(x))) AS INTEGER) - 53
                } END],
                lambda a: {
                    'scaled': CAST(a.size * pow(2.0, -a.power) AS HUGEINT) * five_to_places,
                    'shift': -(a.power + places)
                }
            ),
            lambda b: {
                'scaled': b.scaled,
                'unit': CAST(1 AS HUGEINT) << greatest(b.shift, 0),
                'floor': CASE WHEN b.shift > 0 THEN b.scaled >> b.shift ELSE b.scaled << -b.shift END,
                'rest': CASE WHEN b.shift > 0 THEN b.scaled - ((b.scaled >> b.shift) << b.shift) ELSE 0 END
            }
        ),
        lambda c: {
            'scaled': c.scaled,
            'rounded': c.floor + CASE WHEN 2 * c.rest > c.unit OR 2 * c.rest = c.unit AND c.floor % 2 = 1 THEN 1 ELSE 0 END,
            'moved': least(c.rest, c.unit - c.rest)
        }
    ),
    lambda d: CASE WHEN CAST(d.moved AS DOUBLE) <= 1e-12 * CAST(d.scaled AS DOUBLE)
        THEN TRY_CAST(d.rounded * ten_to_rest AS DECIMAL(38, 0)) * CAST(0.000000000000000001 AS DECIMAL(18, 18))
            * CASE WHEN x < 0 THEN -1 ELSE 1 END
    END
)[1]
