-- Pipeline(value=FixedConvergenceDivergence(signalperiod=2).hist)
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
    CAST(COUNT("close_q") OVER (
      PARTITION BY sid
      ORDER BY session ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DOUBLE) AS kept_1
  FROM spine
), stage_2 AS (
  SELECT
    *,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_1 > 26e0, FALSE)
      THEN 0.85e0
      ELSE 1e0
    END AS kept_2,
    CASE
      WHEN NOT "close_q" IS NULL
      THEN CASE
        WHEN COALESCE(kept_1 > 26e0, FALSE)
        THEN "close_q" * 0.15e0
        ELSE CASE WHEN COALESCE(kept_1 > 14e0, FALSE) THEN "close_q" / 12e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_3,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_1 > 26e0, FALSE)
      THEN 0.925e0
      ELSE 1e0
    END AS kept_61,
    CASE
      WHEN NOT "close_q" IS NULL
      THEN CASE
        WHEN COALESCE(kept_1 > 26e0, FALSE)
        THEN "close_q" * 0.075e0
        ELSE CASE WHEN COALESCE(kept_1 > 0e0, FALSE) THEN "close_q" / 26e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_62,
    kept_1 - 25e0 AS kept_121
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    LAG(kept_2, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_4,
    LAG(kept_3, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_5,
    LAG(kept_61, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_63,
    LAG(kept_62, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_64
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    block_4 * kept_2 AS block_6,
    (
      kept_2 * block_5
    ) + kept_3 AS block_7,
    block_63 * kept_61 AS block_65,
    (
      kept_61 * block_64
    ) + kept_62 AS block_66
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    LAG(block_6, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_8,
    LAG(block_7, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_9,
    LAG(block_65, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_67,
    LAG(block_66, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_68
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    block_8 * block_6 AS block_10,
    (
      block_6 * block_9
    ) + block_7 AS block_11,
    block_67 * block_65 AS block_69,
    (
      block_65 * block_68
    ) + block_66 AS block_70
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    LAG(block_10, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_12,
    LAG(block_11, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_13,
    LAG(block_69, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_71,
    LAG(block_70, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_72
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    block_12 * block_10 AS block_14,
    (
      block_10 * block_13
    ) + block_11 AS block_15,
    block_71 * block_69 AS block_73,
    (
      block_69 * block_72
    ) + block_70 AS block_74
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    LAG(block_14, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_16,
    LAG(block_15, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_17,
    LAG(block_73, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_75,
    LAG(block_74, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_76
  FROM stage_8
), stage_10 AS (
  SELECT
    *,
    block_16 * block_14 AS block_18,
    (
      block_14 * block_17
    ) + block_15 AS block_19,
    block_75 * block_73 AS block_77,
    (
      block_73 * block_76
    ) + block_74 AS block_78
  FROM stage_9
), stage_11 AS (
  SELECT
    *,
    LAG(block_18, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_20,
    LAG(block_19, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_21,
    LAG(block_77, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_79,
    LAG(block_78, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_80
  FROM stage_10
), stage_12 AS (
  SELECT
    *,
    block_20 * block_18 AS block_22,
    (
      block_18 * block_21
    ) + block_19 AS block_23,
    block_79 * block_77 AS block_81,
    (
      block_77 * block_80
    ) + block_78 AS block_82
  FROM stage_11
), stage_13 AS (
  SELECT
    *,
    LAG(block_22, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_24,
    LAG(block_23, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_25,
    LAG(block_81, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_83,
    LAG(block_82, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_84
  FROM stage_12
), stage_14 AS (
  SELECT
    *,
    block_24 * block_22 AS block_26,
    (
      block_22 * block_25
    ) + block_23 AS block_27,
    block_83 * block_81 AS block_85,
    (
      block_81 * block_84
    ) + block_82 AS block_86
  FROM stage_13
), stage_15 AS (
  SELECT
    *,
    LAG(block_26, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_28,
    LAG(block_27, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_29,
    LAG(block_85, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_87,
    LAG(block_86, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_88
  FROM stage_14
), stage_16 AS (
  SELECT
    *,
    block_28 * block_26 AS block_30,
    (
      block_26 * block_29
    ) + block_27 AS block_31,
    block_87 * block_85 AS block_89,
    (
      block_85 * block_88
    ) + block_86 AS block_90
  FROM stage_15
), stage_17 AS (
  SELECT
    *,
    LAG(block_30, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_32,
    LAG(block_31, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_33,
    LAG(block_89, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_91,
    LAG(block_90, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_92
  FROM stage_16
), stage_18 AS (
  SELECT
    *,
    block_32 * block_30 AS block_34,
    (
      block_30 * block_33
    ) + block_31 AS block_35,
    block_91 * block_89 AS block_93,
    (
      block_89 * block_92
    ) + block_90 AS block_94
  FROM stage_17
), stage_19 AS (
  SELECT
    *,
    LAG(block_34, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_36,
    LAG(block_35, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_37,
    LAG(block_93, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_95,
    LAG(block_94, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_96
  FROM stage_18
), stage_20 AS (
  SELECT
    *,
    block_36 * block_34 AS block_38,
    (
      block_34 * block_37
    ) + block_35 AS block_39,
    block_95 * block_93 AS block_97,
    (
      block_93 * block_96
    ) + block_94 AS block_98
  FROM stage_19
), stage_21 AS (
  SELECT
    *,
    LAG(block_38, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_40,
    LAG(block_39, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_41,
    LAG(block_97, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_99,
    LAG(block_98, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_100
  FROM stage_20
), stage_22 AS (
  SELECT
    *,
    block_40 * block_38 AS block_42,
    (
      block_38 * block_41
    ) + block_39 AS block_43,
    block_99 * block_97 AS block_101,
    (
      block_97 * block_100
    ) + block_98 AS block_102
  FROM stage_21
), stage_23 AS (
  SELECT
    *,
    LAG(block_42, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_44,
    LAG(block_43, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_45,
    LAG(block_101, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_103,
    LAG(block_102, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_104
  FROM stage_22
), stage_24 AS (
  SELECT
    *,
    block_44 * block_42 AS block_46,
    (
      block_42 * block_45
    ) + block_43 AS block_47,
    block_103 * block_101 AS block_105,
    (
      block_101 * block_104
    ) + block_102 AS block_106
  FROM stage_23
), stage_25 AS (
  SELECT
    *,
    LAG(block_46, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_48,
    LAG(block_47, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_49,
    LAG(block_105, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_107,
    LAG(block_106, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_108
  FROM stage_24
), stage_26 AS (
  SELECT
    *,
    block_48 * block_46 AS block_50,
    (
      block_46 * block_49
    ) + block_47 AS block_51,
    block_107 * block_105 AS block_109,
    (
      block_105 * block_108
    ) + block_106 AS block_110
  FROM stage_25
), stage_27 AS (
  SELECT
    *,
    LAG(block_50, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_52,
    LAG(block_51, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_53,
    LAG(block_109, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_111,
    LAG(block_110, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_112
  FROM stage_26
), stage_28 AS (
  SELECT
    *,
    block_52 * block_50 AS block_54,
    (
      block_50 * block_53
    ) + block_51 AS block_55,
    block_111 * block_109 AS block_113,
    (
      block_109 * block_112
    ) + block_110 AS block_114
  FROM stage_27
), stage_29 AS (
  SELECT
    *,
    LAG(block_54, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_56,
    LAG(block_55, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_57,
    LAG(block_113, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_115,
    LAG(block_114, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_116
  FROM stage_28
), stage_30 AS (
  SELECT
    *,
    block_56 * block_54 AS block_58,
    (
      block_54 * block_57
    ) + block_55 AS block_59,
    block_115 * block_113 AS block_117,
    (
      block_113 * block_116
    ) + block_114 AS block_118
  FROM stage_29
), stage_31 AS (
  SELECT
    *,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_1 >= 26e0, FALSE)
      THEN block_59
    END AS kept_60,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_1 >= 26e0, FALSE)
      THEN block_118
    END AS kept_119
  FROM stage_30
), stage_32 AS (
  SELECT
    *,
    kept_60 - kept_119 AS kept_120
  FROM stage_31
), stage_33 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_120 IS NULL AND COALESCE(kept_121 > 2e0, FALSE)
      THEN 0.33333333333333337e0
      ELSE 1e0
    END AS kept_122,
    CASE
      WHEN NOT kept_120 IS NULL
      THEN CASE
        WHEN COALESCE(kept_121 > 2e0, FALSE)
        THEN kept_120 * 0.6666666666666666e0
        ELSE CASE WHEN COALESCE(kept_121 > 0e0, FALSE) THEN kept_120 / 2e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_123
  FROM stage_32
), stage_34 AS (
  SELECT
    *,
    LAG(kept_122, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_124,
    LAG(kept_123, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_125
  FROM stage_33
), stage_35 AS (
  SELECT
    *,
    block_124 * kept_122 AS block_126,
    (
      kept_122 * block_125
    ) + kept_123 AS block_127
  FROM stage_34
), stage_36 AS (
  SELECT
    *,
    LAG(block_126, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_128,
    LAG(block_127, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_129
  FROM stage_35
), stage_37 AS (
  SELECT
    *,
    block_128 * block_126 AS block_130,
    (
      block_126 * block_129
    ) + block_127 AS block_131
  FROM stage_36
), stage_38 AS (
  SELECT
    *,
    LAG(block_130, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_132,
    LAG(block_131, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_133
  FROM stage_37
), stage_39 AS (
  SELECT
    *,
    block_132 * block_130 AS block_134,
    (
      block_130 * block_133
    ) + block_131 AS block_135
  FROM stage_38
), stage_40 AS (
  SELECT
    *,
    LAG(block_134, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_136,
    LAG(block_135, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_137
  FROM stage_39
), stage_41 AS (
  SELECT
    *,
    block_136 * block_134 AS block_138,
    (
      block_134 * block_137
    ) + block_135 AS block_139
  FROM stage_40
), stage_42 AS (
  SELECT
    *,
    LAG(block_138, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_140,
    LAG(block_139, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_141
  FROM stage_41
), stage_43 AS (
  SELECT
    *,
    block_140 * block_138 AS block_142,
    (
      block_138 * block_141
    ) + block_139 AS block_143
  FROM stage_42
), stage_44 AS (
  SELECT
    *,
    LAG(block_142, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_144,
    LAG(block_143, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_145
  FROM stage_43
), stage_45 AS (
  SELECT
    *,
    block_144 * block_142 AS block_146,
    (
      block_142 * block_145
    ) + block_143 AS block_147
  FROM stage_44
), stage_46 AS (
  SELECT
    *,
    LAG(block_146, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_148,
    LAG(block_147, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_149
  FROM stage_45
), stage_47 AS (
  SELECT
    *,
    block_148 * block_146 AS block_150,
    (
      block_146 * block_149
    ) + block_147 AS block_151
  FROM stage_46
), stage_48 AS (
  SELECT
    *,
    LAG(block_150, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_152,
    LAG(block_151, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_153
  FROM stage_47
), stage_49 AS (
  SELECT
    *,
    block_152 * block_150 AS block_154,
    (
      block_150 * block_153
    ) + block_151 AS block_155
  FROM stage_48
), stage_50 AS (
  SELECT
    *,
    LAG(block_154, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_156,
    LAG(block_155, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_157
  FROM stage_49
), stage_51 AS (
  SELECT
    *,
    block_156 * block_154 AS block_158,
    (
      block_154 * block_157
    ) + block_155 AS block_159
  FROM stage_50
), stage_52 AS (
  SELECT
    *,
    LAG(block_158, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_160,
    LAG(block_159, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_161
  FROM stage_51
), stage_53 AS (
  SELECT
    *,
    block_160 * block_158 AS block_162,
    (
      block_158 * block_161
    ) + block_159 AS block_163
  FROM stage_52
), stage_54 AS (
  SELECT
    *,
    LAG(block_162, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_164,
    LAG(block_163, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_165
  FROM stage_53
), stage_55 AS (
  SELECT
    *,
    block_164 * block_162 AS block_166,
    (
      block_162 * block_165
    ) + block_163 AS block_167
  FROM stage_54
), stage_56 AS (
  SELECT
    *,
    LAG(block_166, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_168,
    LAG(block_167, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_169
  FROM stage_55
), stage_57 AS (
  SELECT
    *,
    block_168 * block_166 AS block_170,
    (
      block_166 * block_169
    ) + block_167 AS block_171
  FROM stage_56
), stage_58 AS (
  SELECT
    *,
    LAG(block_170, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_172,
    LAG(block_171, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_173
  FROM stage_57
), stage_59 AS (
  SELECT
    *,
    block_172 * block_170 AS block_174,
    (
      block_170 * block_173
    ) + block_171 AS block_175
  FROM stage_58
), stage_60 AS (
  SELECT
    *,
    LAG(block_174, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_176,
    LAG(block_175, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_177
  FROM stage_59
), stage_61 AS (
  SELECT
    *,
    block_176 * block_174 AS block_178,
    (
      block_174 * block_177
    ) + block_175 AS block_179
  FROM stage_60
), stage_62 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_120 IS NULL AND COALESCE(kept_121 >= 2e0, FALSE)
      THEN block_179
    END AS kept_180
  FROM stage_61
), stage_63 AS (
  SELECT
    *,
    (
      kept_120 - kept_180
    ) * "price_scale" AS recarray_field_181
  FROM stage_62
)
SELECT
  session,
  sid,
  symbol,
  recarray_field_181 AS "value"
FROM stage_63
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
