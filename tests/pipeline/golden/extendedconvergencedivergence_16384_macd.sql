-- Pipeline(value=ExtendedConvergenceDivergence(fastperiod=2, fastmatype=3, slowperiod=4, slowmatype=1, signalperiod=2).macd)
WITH labels AS (
  SELECT
    session,
    LAG(session) OVER (ORDER BY session) AS known
  FROM sp500.sessions
), steps AS (
  SELECT
    adjustments.sid,
    sessions.session,
    PRODUCT(adjustments.ratio ORDER BY adjustments.session, adjustments.kind) AS price_ratio,
    COALESCE(
      PRODUCT(adjustments.ratio ORDER BY adjustments.session, adjustments.kind) FILTER(WHERE
        adjustments.kind = 'split'),
      1e0
    ) AS split_ratio
  FROM sp500.adjustments
  ASOF JOIN sp500.sessions
    ON adjustments.session <= sessions.session
  WHERE
    NOT adjustments.ratio IS NULL
  GROUP BY
    adjustments.sid,
    sessions.session
  HAVING
    sessions.session > (
      SELECT
        MIN(session)
      FROM sp500.sessions
    )
), actions AS (
  SELECT
    steps.sid,
    steps.session,
    ANY_VALUE(steps.price_ratio) AS price_ratio,
    ANY_VALUE(steps.split_ratio) AS split_ratio,
    PRODUCT(earlier.price_ratio ORDER BY earlier.session) AS price_scale,
    PRODUCT(earlier.split_ratio ORDER BY earlier.session) AS split_scale
  FROM steps
  INNER JOIN steps AS earlier
    ON earlier.sid = steps.sid AND earlier.session <= steps.session
  GROUP BY
    steps.sid,
    steps.session
), bars AS (
  SELECT
    session,
    sid,
    CAST("close" AS DOUBLE) AS "close"
  FROM sp500.bars_1d
  WHERE
    session < CAST('2024-12-31' AS DATE)
), known AS (
  SELECT
    labels.session,
    assets.sid,
    assets.symbol,
    assets.first_session < labels.session AND labels.session <= assets.last_session AS alive,
    bars."close" AS "close_raw",
    COALESCE(actions.price_ratio, 1e0) AS price_ratio,
    COALESCE(actions.split_ratio, 1e0) AS split_ratio,
    COALESCE(LAST_VALUE(actions.price_scale IGNORE NULLS) OVER before, 1e0) AS price_then,
    COALESCE(LAST_VALUE(actions.split_scale IGNORE NULLS) OVER before, 1e0) AS split_then
  FROM labels
  CROSS JOIN sp500.assets
  LEFT JOIN bars
    ON bars.sid = assets.sid AND bars.session = labels.known
  LEFT JOIN actions
    ON actions.sid = assets.sid AND actions.session = labels.session
  WHERE
    NOT labels.known IS NULL
    AND labels.session <= CAST('2024-12-31' AS DATE)
    AND assets.first_session < CAST('2024-12-31' AS DATE)
  WINDOW before AS (
    PARTITION BY assets.sid
    ORDER BY labels.session
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
), spine AS (
  SELECT
    session,
    sid,
    symbol,
    alive,
    "close_raw",
    "close_raw" * price_ratio AS "close",
    "close_raw" / price_then AS "close_q",
    price_then,
    split_then,
    price_ratio,
    split_ratio,
    price_then * price_ratio AS price_scale,
    split_then * split_ratio AS split_scale
  FROM known
), stage_1 AS (
  SELECT
    *,
    CASE
      WHEN COALESCE(
        CAST(COUNT("close_q") OVER (
          PARTITION BY sid
          ORDER BY session ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS DOUBLE) > 1e0,
        FALSE
      )
      THEN "close_q"
    END AS kept_1,
    CAST(COUNT("close_q") OVER (
      PARTITION BY sid
      ORDER BY session ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DOUBLE) AS kept_123
  FROM spine
), stage_2 AS (
  SELECT
    *,
    CAST(COUNT(kept_1) OVER (
      PARTITION BY sid
      ORDER BY session ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DOUBLE) AS kept_2,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_123 > 4e0, FALSE)
      THEN 0.6e0
      ELSE 1e0
    END AS kept_124,
    CASE
      WHEN NOT "close_q" IS NULL
      THEN CASE
        WHEN COALESCE(kept_123 > 4e0, FALSE)
        THEN "close_q" * 0.4e0
        ELSE CASE WHEN COALESCE(kept_123 > 0e0, FALSE) THEN "close_q" / 4e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_125
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_1 IS NULL AND COALESCE(kept_2 > 2e0, FALSE)
      THEN 0.33333333333333337e0
      ELSE 1e0
    END AS kept_3,
    CASE
      WHEN NOT kept_1 IS NULL
      THEN CASE
        WHEN COALESCE(kept_2 > 2e0, FALSE)
        THEN kept_1 * 0.6666666666666666e0
        ELSE CASE WHEN COALESCE(kept_2 > 0e0, FALSE) THEN kept_1 / 2e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_4,
    kept_2 - 1e0 AS kept_62,
    LAG(kept_124, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_126,
    LAG(kept_125, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_127
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    LAG(kept_3, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_5,
    LAG(kept_4, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_6,
    block_126 * kept_124 AS block_128,
    (
      kept_124 * block_127
    ) + kept_125 AS block_129
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    block_5 * kept_3 AS block_7,
    (
      kept_3 * block_6
    ) + kept_4 AS block_8,
    LAG(block_128, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_130,
    LAG(block_129, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_131
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    LAG(block_7, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_9,
    LAG(block_8, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_10,
    block_130 * block_128 AS block_132,
    (
      block_128 * block_131
    ) + block_129 AS block_133
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    block_9 * block_7 AS block_11,
    (
      block_7 * block_10
    ) + block_8 AS block_12,
    LAG(block_132, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_134,
    LAG(block_133, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_135
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    LAG(block_11, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_13,
    LAG(block_12, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_14,
    block_134 * block_132 AS block_136,
    (
      block_132 * block_135
    ) + block_133 AS block_137
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    block_13 * block_11 AS block_15,
    (
      block_11 * block_14
    ) + block_12 AS block_16,
    LAG(block_136, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_138,
    LAG(block_137, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_139
  FROM stage_8
), stage_10 AS (
  SELECT
    *,
    LAG(block_15, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_17,
    LAG(block_16, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_18,
    block_138 * block_136 AS block_140,
    (
      block_136 * block_139
    ) + block_137 AS block_141
  FROM stage_9
), stage_11 AS (
  SELECT
    *,
    block_17 * block_15 AS block_19,
    (
      block_15 * block_18
    ) + block_16 AS block_20,
    LAG(block_140, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_142,
    LAG(block_141, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_143
  FROM stage_10
), stage_12 AS (
  SELECT
    *,
    LAG(block_19, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_21,
    LAG(block_20, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_22,
    block_142 * block_140 AS block_144,
    (
      block_140 * block_143
    ) + block_141 AS block_145
  FROM stage_11
), stage_13 AS (
  SELECT
    *,
    block_21 * block_19 AS block_23,
    (
      block_19 * block_22
    ) + block_20 AS block_24,
    LAG(block_144, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_146,
    LAG(block_145, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_147
  FROM stage_12
), stage_14 AS (
  SELECT
    *,
    LAG(block_23, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_25,
    LAG(block_24, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_26,
    block_146 * block_144 AS block_148,
    (
      block_144 * block_147
    ) + block_145 AS block_149
  FROM stage_13
), stage_15 AS (
  SELECT
    *,
    block_25 * block_23 AS block_27,
    (
      block_23 * block_26
    ) + block_24 AS block_28,
    LAG(block_148, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_150,
    LAG(block_149, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_151
  FROM stage_14
), stage_16 AS (
  SELECT
    *,
    LAG(block_27, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_29,
    LAG(block_28, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_30,
    block_150 * block_148 AS block_152,
    (
      block_148 * block_151
    ) + block_149 AS block_153
  FROM stage_15
), stage_17 AS (
  SELECT
    *,
    block_29 * block_27 AS block_31,
    (
      block_27 * block_30
    ) + block_28 AS block_32,
    LAG(block_152, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_154,
    LAG(block_153, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_155
  FROM stage_16
), stage_18 AS (
  SELECT
    *,
    LAG(block_31, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_33,
    LAG(block_32, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_34,
    block_154 * block_152 AS block_156,
    (
      block_152 * block_155
    ) + block_153 AS block_157
  FROM stage_17
), stage_19 AS (
  SELECT
    *,
    block_33 * block_31 AS block_35,
    (
      block_31 * block_34
    ) + block_32 AS block_36,
    LAG(block_156, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_158,
    LAG(block_157, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_159
  FROM stage_18
), stage_20 AS (
  SELECT
    *,
    LAG(block_35, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_37,
    LAG(block_36, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_38,
    block_158 * block_156 AS block_160,
    (
      block_156 * block_159
    ) + block_157 AS block_161
  FROM stage_19
), stage_21 AS (
  SELECT
    *,
    block_37 * block_35 AS block_39,
    (
      block_35 * block_38
    ) + block_36 AS block_40,
    LAG(block_160, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_162,
    LAG(block_161, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_163
  FROM stage_20
), stage_22 AS (
  SELECT
    *,
    LAG(block_39, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_41,
    LAG(block_40, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_42,
    block_162 * block_160 AS block_164,
    (
      block_160 * block_163
    ) + block_161 AS block_165
  FROM stage_21
), stage_23 AS (
  SELECT
    *,
    block_41 * block_39 AS block_43,
    (
      block_39 * block_42
    ) + block_40 AS block_44,
    LAG(block_164, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_166,
    LAG(block_165, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_167
  FROM stage_22
), stage_24 AS (
  SELECT
    *,
    LAG(block_43, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_45,
    LAG(block_44, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_46,
    block_166 * block_164 AS block_168,
    (
      block_164 * block_167
    ) + block_165 AS block_169
  FROM stage_23
), stage_25 AS (
  SELECT
    *,
    block_45 * block_43 AS block_47,
    (
      block_43 * block_46
    ) + block_44 AS block_48,
    LAG(block_168, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_170,
    LAG(block_169, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_171
  FROM stage_24
), stage_26 AS (
  SELECT
    *,
    LAG(block_47, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_49,
    LAG(block_48, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_50,
    block_170 * block_168 AS block_172,
    (
      block_168 * block_171
    ) + block_169 AS block_173
  FROM stage_25
), stage_27 AS (
  SELECT
    *,
    block_49 * block_47 AS block_51,
    (
      block_47 * block_50
    ) + block_48 AS block_52,
    LAG(block_172, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_174,
    LAG(block_173, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_175
  FROM stage_26
), stage_28 AS (
  SELECT
    *,
    LAG(block_51, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_53,
    LAG(block_52, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_54,
    block_174 * block_172 AS block_176,
    (
      block_172 * block_175
    ) + block_173 AS block_177
  FROM stage_27
), stage_29 AS (
  SELECT
    *,
    block_53 * block_51 AS block_55,
    (
      block_51 * block_54
    ) + block_52 AS block_56,
    LAG(block_176, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_178,
    LAG(block_177, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_179
  FROM stage_28
), stage_30 AS (
  SELECT
    *,
    LAG(block_55, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_57,
    LAG(block_56, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_58,
    block_178 * block_176 AS block_180,
    (
      block_176 * block_179
    ) + block_177 AS block_181
  FROM stage_29
), stage_31 AS (
  SELECT
    *,
    block_57 * block_55 AS block_59,
    (
      block_55 * block_58
    ) + block_56 AS block_60,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_123 >= 4e0, FALSE)
      THEN block_181
    END AS kept_182
  FROM stage_30
), stage_32 AS (
  SELECT
    *,
    CASE WHEN NOT kept_1 IS NULL AND COALESCE(kept_2 >= 2e0, FALSE) THEN block_60 END AS kept_61
  FROM stage_31
), stage_33 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_61 IS NULL AND COALESCE(kept_62 > 2e0, FALSE)
      THEN 0.33333333333333337e0
      ELSE 1e0
    END AS kept_63,
    CASE
      WHEN NOT kept_61 IS NULL
      THEN CASE
        WHEN COALESCE(kept_62 > 2e0, FALSE)
        THEN kept_61 * 0.6666666666666666e0
        ELSE CASE WHEN COALESCE(kept_62 > 0e0, FALSE) THEN kept_61 / 2e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_64
  FROM stage_32
), stage_34 AS (
  SELECT
    *,
    LAG(kept_63, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_65,
    LAG(kept_64, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_66
  FROM stage_33
), stage_35 AS (
  SELECT
    *,
    block_65 * kept_63 AS block_67,
    (
      kept_63 * block_66
    ) + kept_64 AS block_68
  FROM stage_34
), stage_36 AS (
  SELECT
    *,
    LAG(block_67, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_69,
    LAG(block_68, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_70
  FROM stage_35
), stage_37 AS (
  SELECT
    *,
    block_69 * block_67 AS block_71,
    (
      block_67 * block_70
    ) + block_68 AS block_72
  FROM stage_36
), stage_38 AS (
  SELECT
    *,
    LAG(block_71, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_73,
    LAG(block_72, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_74
  FROM stage_37
), stage_39 AS (
  SELECT
    *,
    block_73 * block_71 AS block_75,
    (
      block_71 * block_74
    ) + block_72 AS block_76
  FROM stage_38
), stage_40 AS (
  SELECT
    *,
    LAG(block_75, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_77,
    LAG(block_76, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_78
  FROM stage_39
), stage_41 AS (
  SELECT
    *,
    block_77 * block_75 AS block_79,
    (
      block_75 * block_78
    ) + block_76 AS block_80
  FROM stage_40
), stage_42 AS (
  SELECT
    *,
    LAG(block_79, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_81,
    LAG(block_80, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_82
  FROM stage_41
), stage_43 AS (
  SELECT
    *,
    block_81 * block_79 AS block_83,
    (
      block_79 * block_82
    ) + block_80 AS block_84
  FROM stage_42
), stage_44 AS (
  SELECT
    *,
    LAG(block_83, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_85,
    LAG(block_84, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_86
  FROM stage_43
), stage_45 AS (
  SELECT
    *,
    block_85 * block_83 AS block_87,
    (
      block_83 * block_86
    ) + block_84 AS block_88
  FROM stage_44
), stage_46 AS (
  SELECT
    *,
    LAG(block_87, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_89,
    LAG(block_88, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_90
  FROM stage_45
), stage_47 AS (
  SELECT
    *,
    block_89 * block_87 AS block_91,
    (
      block_87 * block_90
    ) + block_88 AS block_92
  FROM stage_46
), stage_48 AS (
  SELECT
    *,
    LAG(block_91, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_93,
    LAG(block_92, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_94
  FROM stage_47
), stage_49 AS (
  SELECT
    *,
    block_93 * block_91 AS block_95,
    (
      block_91 * block_94
    ) + block_92 AS block_96
  FROM stage_48
), stage_50 AS (
  SELECT
    *,
    LAG(block_95, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_97,
    LAG(block_96, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_98
  FROM stage_49
), stage_51 AS (
  SELECT
    *,
    block_97 * block_95 AS block_99,
    (
      block_95 * block_98
    ) + block_96 AS block_100
  FROM stage_50
), stage_52 AS (
  SELECT
    *,
    LAG(block_99, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_101,
    LAG(block_100, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_102
  FROM stage_51
), stage_53 AS (
  SELECT
    *,
    block_101 * block_99 AS block_103,
    (
      block_99 * block_102
    ) + block_100 AS block_104
  FROM stage_52
), stage_54 AS (
  SELECT
    *,
    LAG(block_103, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_105,
    LAG(block_104, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_106
  FROM stage_53
), stage_55 AS (
  SELECT
    *,
    block_105 * block_103 AS block_107,
    (
      block_103 * block_106
    ) + block_104 AS block_108
  FROM stage_54
), stage_56 AS (
  SELECT
    *,
    LAG(block_107, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_109,
    LAG(block_108, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_110
  FROM stage_55
), stage_57 AS (
  SELECT
    *,
    block_109 * block_107 AS block_111,
    (
      block_107 * block_110
    ) + block_108 AS block_112
  FROM stage_56
), stage_58 AS (
  SELECT
    *,
    LAG(block_111, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_113,
    LAG(block_112, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_114
  FROM stage_57
), stage_59 AS (
  SELECT
    *,
    block_113 * block_111 AS block_115,
    (
      block_111 * block_114
    ) + block_112 AS block_116
  FROM stage_58
), stage_60 AS (
  SELECT
    *,
    LAG(block_115, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_117,
    LAG(block_116, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_118
  FROM stage_59
), stage_61 AS (
  SELECT
    *,
    block_117 * block_115 AS block_119,
    (
      block_115 * block_118
    ) + block_116 AS block_120
  FROM stage_60
), stage_62 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_61 IS NULL AND COALESCE(kept_62 >= 2e0, FALSE)
      THEN block_120
    END AS kept_121
  FROM stage_61
), stage_63 AS (
  SELECT
    *,
    (
      2e0 * kept_61
    ) - kept_121 AS kept_122
  FROM stage_62
), stage_64 AS (
  SELECT
    *,
    kept_122 - kept_182 AS kept_183
  FROM stage_63
), stage_65 AS (
  SELECT
    *,
    LAG(kept_183, 1) OVER (PARTITION BY sid ORDER BY session ASC) AS block_184
  FROM stage_64
), stage_66 AS (
  SELECT
    *,
    kept_183 + (
      1e0 * block_184
    ) AS block_185
  FROM stage_65
), stage_67 AS (
  SELECT
    *,
    block_185 / 2e0 AS kept_186
  FROM stage_66
), stage_68 AS (
  SELECT
    *,
    CASE WHEN NOT kept_186 IS NULL THEN kept_183 END * "price_scale" AS recarray_field_187
  FROM stage_67
)
SELECT
  session,
  sid,
  symbol,
  recarray_field_187 AS "value"
FROM stage_68
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
