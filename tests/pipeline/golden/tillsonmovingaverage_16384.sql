-- Pipeline(value=TillsonMovingAverage(timeperiod=3))
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
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_1 > 3e0, FALSE)
      THEN 0.5e0
      ELSE 1e0
    END AS kept_2,
    CASE
      WHEN NOT "close_q" IS NULL
      THEN CASE
        WHEN COALESCE(kept_1 > 3e0, FALSE)
        THEN "close_q" * 0.5e0
        ELSE CASE WHEN COALESCE(kept_1 > 0e0, FALSE) THEN "close_q" / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_3,
    kept_1 - 2e0 AS kept_61,
    kept_1 - 2e0 - 2e0 AS kept_121,
    kept_1 - 2e0 - 2e0 - 2e0 AS kept_181,
    kept_1 - 2e0 - 2e0 - 2e0 - 2e0 AS kept_241,
    kept_1 - 2e0 - 2e0 - 2e0 - 2e0 - 2e0 AS kept_301
  FROM stage_1
), stage_3 AS (
  SELECT
    *,
    LAG(kept_2, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_4,
    LAG(kept_3, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_5
  FROM stage_2
), stage_4 AS (
  SELECT
    *,
    block_4 * kept_2 AS block_6,
    (
      kept_2 * block_5
    ) + kept_3 AS block_7
  FROM stage_3
), stage_5 AS (
  SELECT
    *,
    LAG(block_6, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_8,
    LAG(block_7, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_9
  FROM stage_4
), stage_6 AS (
  SELECT
    *,
    block_8 * block_6 AS block_10,
    (
      block_6 * block_9
    ) + block_7 AS block_11
  FROM stage_5
), stage_7 AS (
  SELECT
    *,
    LAG(block_10, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_12,
    LAG(block_11, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_13
  FROM stage_6
), stage_8 AS (
  SELECT
    *,
    block_12 * block_10 AS block_14,
    (
      block_10 * block_13
    ) + block_11 AS block_15
  FROM stage_7
), stage_9 AS (
  SELECT
    *,
    LAG(block_14, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_16,
    LAG(block_15, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_17
  FROM stage_8
), stage_10 AS (
  SELECT
    *,
    block_16 * block_14 AS block_18,
    (
      block_14 * block_17
    ) + block_15 AS block_19
  FROM stage_9
), stage_11 AS (
  SELECT
    *,
    LAG(block_18, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_20,
    LAG(block_19, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_21
  FROM stage_10
), stage_12 AS (
  SELECT
    *,
    block_20 * block_18 AS block_22,
    (
      block_18 * block_21
    ) + block_19 AS block_23
  FROM stage_11
), stage_13 AS (
  SELECT
    *,
    LAG(block_22, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_24,
    LAG(block_23, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_25
  FROM stage_12
), stage_14 AS (
  SELECT
    *,
    block_24 * block_22 AS block_26,
    (
      block_22 * block_25
    ) + block_23 AS block_27
  FROM stage_13
), stage_15 AS (
  SELECT
    *,
    LAG(block_26, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_28,
    LAG(block_27, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_29
  FROM stage_14
), stage_16 AS (
  SELECT
    *,
    block_28 * block_26 AS block_30,
    (
      block_26 * block_29
    ) + block_27 AS block_31
  FROM stage_15
), stage_17 AS (
  SELECT
    *,
    LAG(block_30, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_32,
    LAG(block_31, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_33
  FROM stage_16
), stage_18 AS (
  SELECT
    *,
    block_32 * block_30 AS block_34,
    (
      block_30 * block_33
    ) + block_31 AS block_35
  FROM stage_17
), stage_19 AS (
  SELECT
    *,
    LAG(block_34, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_36,
    LAG(block_35, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_37
  FROM stage_18
), stage_20 AS (
  SELECT
    *,
    block_36 * block_34 AS block_38,
    (
      block_34 * block_37
    ) + block_35 AS block_39
  FROM stage_19
), stage_21 AS (
  SELECT
    *,
    LAG(block_38, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_40,
    LAG(block_39, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_41
  FROM stage_20
), stage_22 AS (
  SELECT
    *,
    block_40 * block_38 AS block_42,
    (
      block_38 * block_41
    ) + block_39 AS block_43
  FROM stage_21
), stage_23 AS (
  SELECT
    *,
    LAG(block_42, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_44,
    LAG(block_43, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_45
  FROM stage_22
), stage_24 AS (
  SELECT
    *,
    block_44 * block_42 AS block_46,
    (
      block_42 * block_45
    ) + block_43 AS block_47
  FROM stage_23
), stage_25 AS (
  SELECT
    *,
    LAG(block_46, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_48,
    LAG(block_47, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_49
  FROM stage_24
), stage_26 AS (
  SELECT
    *,
    block_48 * block_46 AS block_50,
    (
      block_46 * block_49
    ) + block_47 AS block_51
  FROM stage_25
), stage_27 AS (
  SELECT
    *,
    LAG(block_50, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_52,
    LAG(block_51, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_53
  FROM stage_26
), stage_28 AS (
  SELECT
    *,
    block_52 * block_50 AS block_54,
    (
      block_50 * block_53
    ) + block_51 AS block_55
  FROM stage_27
), stage_29 AS (
  SELECT
    *,
    LAG(block_54, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_56,
    LAG(block_55, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_57
  FROM stage_28
), stage_30 AS (
  SELECT
    *,
    block_56 * block_54 AS block_58,
    (
      block_54 * block_57
    ) + block_55 AS block_59
  FROM stage_29
), stage_31 AS (
  SELECT
    *,
    CASE
      WHEN NOT "close_q" IS NULL AND COALESCE(kept_1 >= 3e0, FALSE)
      THEN block_59
    END AS kept_60
  FROM stage_30
), stage_32 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_60 IS NULL AND COALESCE(kept_61 > 3e0, FALSE)
      THEN 0.5e0
      ELSE 1e0
    END AS kept_62,
    CASE
      WHEN NOT kept_60 IS NULL
      THEN CASE
        WHEN COALESCE(kept_61 > 3e0, FALSE)
        THEN kept_60 * 0.5e0
        ELSE CASE WHEN COALESCE(kept_61 > 0e0, FALSE) THEN kept_60 / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_63
  FROM stage_31
), stage_33 AS (
  SELECT
    *,
    LAG(kept_62, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_64,
    LAG(kept_63, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_65
  FROM stage_32
), stage_34 AS (
  SELECT
    *,
    block_64 * kept_62 AS block_66,
    (
      kept_62 * block_65
    ) + kept_63 AS block_67
  FROM stage_33
), stage_35 AS (
  SELECT
    *,
    LAG(block_66, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_68,
    LAG(block_67, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_69
  FROM stage_34
), stage_36 AS (
  SELECT
    *,
    block_68 * block_66 AS block_70,
    (
      block_66 * block_69
    ) + block_67 AS block_71
  FROM stage_35
), stage_37 AS (
  SELECT
    *,
    LAG(block_70, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_72,
    LAG(block_71, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_73
  FROM stage_36
), stage_38 AS (
  SELECT
    *,
    block_72 * block_70 AS block_74,
    (
      block_70 * block_73
    ) + block_71 AS block_75
  FROM stage_37
), stage_39 AS (
  SELECT
    *,
    LAG(block_74, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_76,
    LAG(block_75, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_77
  FROM stage_38
), stage_40 AS (
  SELECT
    *,
    block_76 * block_74 AS block_78,
    (
      block_74 * block_77
    ) + block_75 AS block_79
  FROM stage_39
), stage_41 AS (
  SELECT
    *,
    LAG(block_78, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_80,
    LAG(block_79, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_81
  FROM stage_40
), stage_42 AS (
  SELECT
    *,
    block_80 * block_78 AS block_82,
    (
      block_78 * block_81
    ) + block_79 AS block_83
  FROM stage_41
), stage_43 AS (
  SELECT
    *,
    LAG(block_82, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_84,
    LAG(block_83, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_85
  FROM stage_42
), stage_44 AS (
  SELECT
    *,
    block_84 * block_82 AS block_86,
    (
      block_82 * block_85
    ) + block_83 AS block_87
  FROM stage_43
), stage_45 AS (
  SELECT
    *,
    LAG(block_86, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_88,
    LAG(block_87, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_89
  FROM stage_44
), stage_46 AS (
  SELECT
    *,
    block_88 * block_86 AS block_90,
    (
      block_86 * block_89
    ) + block_87 AS block_91
  FROM stage_45
), stage_47 AS (
  SELECT
    *,
    LAG(block_90, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_92,
    LAG(block_91, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_93
  FROM stage_46
), stage_48 AS (
  SELECT
    *,
    block_92 * block_90 AS block_94,
    (
      block_90 * block_93
    ) + block_91 AS block_95
  FROM stage_47
), stage_49 AS (
  SELECT
    *,
    LAG(block_94, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_96,
    LAG(block_95, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_97
  FROM stage_48
), stage_50 AS (
  SELECT
    *,
    block_96 * block_94 AS block_98,
    (
      block_94 * block_97
    ) + block_95 AS block_99
  FROM stage_49
), stage_51 AS (
  SELECT
    *,
    LAG(block_98, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_100,
    LAG(block_99, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_101
  FROM stage_50
), stage_52 AS (
  SELECT
    *,
    block_100 * block_98 AS block_102,
    (
      block_98 * block_101
    ) + block_99 AS block_103
  FROM stage_51
), stage_53 AS (
  SELECT
    *,
    LAG(block_102, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_104,
    LAG(block_103, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_105
  FROM stage_52
), stage_54 AS (
  SELECT
    *,
    block_104 * block_102 AS block_106,
    (
      block_102 * block_105
    ) + block_103 AS block_107
  FROM stage_53
), stage_55 AS (
  SELECT
    *,
    LAG(block_106, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_108,
    LAG(block_107, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_109
  FROM stage_54
), stage_56 AS (
  SELECT
    *,
    block_108 * block_106 AS block_110,
    (
      block_106 * block_109
    ) + block_107 AS block_111
  FROM stage_55
), stage_57 AS (
  SELECT
    *,
    LAG(block_110, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_112,
    LAG(block_111, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_113
  FROM stage_56
), stage_58 AS (
  SELECT
    *,
    block_112 * block_110 AS block_114,
    (
      block_110 * block_113
    ) + block_111 AS block_115
  FROM stage_57
), stage_59 AS (
  SELECT
    *,
    LAG(block_114, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_116,
    LAG(block_115, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_117
  FROM stage_58
), stage_60 AS (
  SELECT
    *,
    block_116 * block_114 AS block_118,
    (
      block_114 * block_117
    ) + block_115 AS block_119
  FROM stage_59
), stage_61 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_60 IS NULL AND COALESCE(kept_61 >= 3e0, FALSE)
      THEN block_119
    END AS kept_120
  FROM stage_60
), stage_62 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_120 IS NULL AND COALESCE(kept_121 > 3e0, FALSE)
      THEN 0.5e0
      ELSE 1e0
    END AS kept_122,
    CASE
      WHEN NOT kept_120 IS NULL
      THEN CASE
        WHEN COALESCE(kept_121 > 3e0, FALSE)
        THEN kept_120 * 0.5e0
        ELSE CASE WHEN COALESCE(kept_121 > 0e0, FALSE) THEN kept_120 / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_123
  FROM stage_61
), stage_63 AS (
  SELECT
    *,
    LAG(kept_122, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_124,
    LAG(kept_123, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_125
  FROM stage_62
), stage_64 AS (
  SELECT
    *,
    block_124 * kept_122 AS block_126,
    (
      kept_122 * block_125
    ) + kept_123 AS block_127
  FROM stage_63
), stage_65 AS (
  SELECT
    *,
    LAG(block_126, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_128,
    LAG(block_127, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_129
  FROM stage_64
), stage_66 AS (
  SELECT
    *,
    block_128 * block_126 AS block_130,
    (
      block_126 * block_129
    ) + block_127 AS block_131
  FROM stage_65
), stage_67 AS (
  SELECT
    *,
    LAG(block_130, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_132,
    LAG(block_131, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_133
  FROM stage_66
), stage_68 AS (
  SELECT
    *,
    block_132 * block_130 AS block_134,
    (
      block_130 * block_133
    ) + block_131 AS block_135
  FROM stage_67
), stage_69 AS (
  SELECT
    *,
    LAG(block_134, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_136,
    LAG(block_135, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_137
  FROM stage_68
), stage_70 AS (
  SELECT
    *,
    block_136 * block_134 AS block_138,
    (
      block_134 * block_137
    ) + block_135 AS block_139
  FROM stage_69
), stage_71 AS (
  SELECT
    *,
    LAG(block_138, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_140,
    LAG(block_139, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_141
  FROM stage_70
), stage_72 AS (
  SELECT
    *,
    block_140 * block_138 AS block_142,
    (
      block_138 * block_141
    ) + block_139 AS block_143
  FROM stage_71
), stage_73 AS (
  SELECT
    *,
    LAG(block_142, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_144,
    LAG(block_143, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_145
  FROM stage_72
), stage_74 AS (
  SELECT
    *,
    block_144 * block_142 AS block_146,
    (
      block_142 * block_145
    ) + block_143 AS block_147
  FROM stage_73
), stage_75 AS (
  SELECT
    *,
    LAG(block_146, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_148,
    LAG(block_147, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_149
  FROM stage_74
), stage_76 AS (
  SELECT
    *,
    block_148 * block_146 AS block_150,
    (
      block_146 * block_149
    ) + block_147 AS block_151
  FROM stage_75
), stage_77 AS (
  SELECT
    *,
    LAG(block_150, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_152,
    LAG(block_151, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_153
  FROM stage_76
), stage_78 AS (
  SELECT
    *,
    block_152 * block_150 AS block_154,
    (
      block_150 * block_153
    ) + block_151 AS block_155
  FROM stage_77
), stage_79 AS (
  SELECT
    *,
    LAG(block_154, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_156,
    LAG(block_155, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_157
  FROM stage_78
), stage_80 AS (
  SELECT
    *,
    block_156 * block_154 AS block_158,
    (
      block_154 * block_157
    ) + block_155 AS block_159
  FROM stage_79
), stage_81 AS (
  SELECT
    *,
    LAG(block_158, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_160,
    LAG(block_159, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_161
  FROM stage_80
), stage_82 AS (
  SELECT
    *,
    block_160 * block_158 AS block_162,
    (
      block_158 * block_161
    ) + block_159 AS block_163
  FROM stage_81
), stage_83 AS (
  SELECT
    *,
    LAG(block_162, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_164,
    LAG(block_163, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_165
  FROM stage_82
), stage_84 AS (
  SELECT
    *,
    block_164 * block_162 AS block_166,
    (
      block_162 * block_165
    ) + block_163 AS block_167
  FROM stage_83
), stage_85 AS (
  SELECT
    *,
    LAG(block_166, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_168,
    LAG(block_167, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_169
  FROM stage_84
), stage_86 AS (
  SELECT
    *,
    block_168 * block_166 AS block_170,
    (
      block_166 * block_169
    ) + block_167 AS block_171
  FROM stage_85
), stage_87 AS (
  SELECT
    *,
    LAG(block_170, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_172,
    LAG(block_171, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_173
  FROM stage_86
), stage_88 AS (
  SELECT
    *,
    block_172 * block_170 AS block_174,
    (
      block_170 * block_173
    ) + block_171 AS block_175
  FROM stage_87
), stage_89 AS (
  SELECT
    *,
    LAG(block_174, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_176,
    LAG(block_175, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_177
  FROM stage_88
), stage_90 AS (
  SELECT
    *,
    block_176 * block_174 AS block_178,
    (
      block_174 * block_177
    ) + block_175 AS block_179
  FROM stage_89
), stage_91 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_120 IS NULL AND COALESCE(kept_121 >= 3e0, FALSE)
      THEN block_179
    END AS kept_180
  FROM stage_90
), stage_92 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_180 IS NULL AND COALESCE(kept_181 > 3e0, FALSE)
      THEN 0.5e0
      ELSE 1e0
    END AS kept_182,
    CASE
      WHEN NOT kept_180 IS NULL
      THEN CASE
        WHEN COALESCE(kept_181 > 3e0, FALSE)
        THEN kept_180 * 0.5e0
        ELSE CASE WHEN COALESCE(kept_181 > 0e0, FALSE) THEN kept_180 / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_183
  FROM stage_91
), stage_93 AS (
  SELECT
    *,
    LAG(kept_182, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_184,
    LAG(kept_183, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_185
  FROM stage_92
), stage_94 AS (
  SELECT
    *,
    block_184 * kept_182 AS block_186,
    (
      kept_182 * block_185
    ) + kept_183 AS block_187
  FROM stage_93
), stage_95 AS (
  SELECT
    *,
    LAG(block_186, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_188,
    LAG(block_187, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_189
  FROM stage_94
), stage_96 AS (
  SELECT
    *,
    block_188 * block_186 AS block_190,
    (
      block_186 * block_189
    ) + block_187 AS block_191
  FROM stage_95
), stage_97 AS (
  SELECT
    *,
    LAG(block_190, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_192,
    LAG(block_191, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_193
  FROM stage_96
), stage_98 AS (
  SELECT
    *,
    block_192 * block_190 AS block_194,
    (
      block_190 * block_193
    ) + block_191 AS block_195
  FROM stage_97
), stage_99 AS (
  SELECT
    *,
    LAG(block_194, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_196,
    LAG(block_195, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_197
  FROM stage_98
), stage_100 AS (
  SELECT
    *,
    block_196 * block_194 AS block_198,
    (
      block_194 * block_197
    ) + block_195 AS block_199
  FROM stage_99
), stage_101 AS (
  SELECT
    *,
    LAG(block_198, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_200,
    LAG(block_199, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_201
  FROM stage_100
), stage_102 AS (
  SELECT
    *,
    block_200 * block_198 AS block_202,
    (
      block_198 * block_201
    ) + block_199 AS block_203
  FROM stage_101
), stage_103 AS (
  SELECT
    *,
    LAG(block_202, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_204,
    LAG(block_203, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_205
  FROM stage_102
), stage_104 AS (
  SELECT
    *,
    block_204 * block_202 AS block_206,
    (
      block_202 * block_205
    ) + block_203 AS block_207
  FROM stage_103
), stage_105 AS (
  SELECT
    *,
    LAG(block_206, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_208,
    LAG(block_207, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_209
  FROM stage_104
), stage_106 AS (
  SELECT
    *,
    block_208 * block_206 AS block_210,
    (
      block_206 * block_209
    ) + block_207 AS block_211
  FROM stage_105
), stage_107 AS (
  SELECT
    *,
    LAG(block_210, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_212,
    LAG(block_211, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_213
  FROM stage_106
), stage_108 AS (
  SELECT
    *,
    block_212 * block_210 AS block_214,
    (
      block_210 * block_213
    ) + block_211 AS block_215
  FROM stage_107
), stage_109 AS (
  SELECT
    *,
    LAG(block_214, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_216,
    LAG(block_215, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_217
  FROM stage_108
), stage_110 AS (
  SELECT
    *,
    block_216 * block_214 AS block_218,
    (
      block_214 * block_217
    ) + block_215 AS block_219
  FROM stage_109
), stage_111 AS (
  SELECT
    *,
    LAG(block_218, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_220,
    LAG(block_219, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_221
  FROM stage_110
), stage_112 AS (
  SELECT
    *,
    block_220 * block_218 AS block_222,
    (
      block_218 * block_221
    ) + block_219 AS block_223
  FROM stage_111
), stage_113 AS (
  SELECT
    *,
    LAG(block_222, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_224,
    LAG(block_223, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_225
  FROM stage_112
), stage_114 AS (
  SELECT
    *,
    block_224 * block_222 AS block_226,
    (
      block_222 * block_225
    ) + block_223 AS block_227
  FROM stage_113
), stage_115 AS (
  SELECT
    *,
    LAG(block_226, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_228,
    LAG(block_227, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_229
  FROM stage_114
), stage_116 AS (
  SELECT
    *,
    block_228 * block_226 AS block_230,
    (
      block_226 * block_229
    ) + block_227 AS block_231
  FROM stage_115
), stage_117 AS (
  SELECT
    *,
    LAG(block_230, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_232,
    LAG(block_231, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_233
  FROM stage_116
), stage_118 AS (
  SELECT
    *,
    block_232 * block_230 AS block_234,
    (
      block_230 * block_233
    ) + block_231 AS block_235
  FROM stage_117
), stage_119 AS (
  SELECT
    *,
    LAG(block_234, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_236,
    LAG(block_235, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_237
  FROM stage_118
), stage_120 AS (
  SELECT
    *,
    block_236 * block_234 AS block_238,
    (
      block_234 * block_237
    ) + block_235 AS block_239
  FROM stage_119
), stage_121 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_180 IS NULL AND COALESCE(kept_181 >= 3e0, FALSE)
      THEN block_239
    END AS kept_240
  FROM stage_120
), stage_122 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_240 IS NULL AND COALESCE(kept_241 > 3e0, FALSE)
      THEN 0.5e0
      ELSE 1e0
    END AS kept_242,
    CASE
      WHEN NOT kept_240 IS NULL
      THEN CASE
        WHEN COALESCE(kept_241 > 3e0, FALSE)
        THEN kept_240 * 0.5e0
        ELSE CASE WHEN COALESCE(kept_241 > 0e0, FALSE) THEN kept_240 / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_243
  FROM stage_121
), stage_123 AS (
  SELECT
    *,
    LAG(kept_242, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_244,
    LAG(kept_243, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_245
  FROM stage_122
), stage_124 AS (
  SELECT
    *,
    block_244 * kept_242 AS block_246,
    (
      kept_242 * block_245
    ) + kept_243 AS block_247
  FROM stage_123
), stage_125 AS (
  SELECT
    *,
    LAG(block_246, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_248,
    LAG(block_247, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_249
  FROM stage_124
), stage_126 AS (
  SELECT
    *,
    block_248 * block_246 AS block_250,
    (
      block_246 * block_249
    ) + block_247 AS block_251
  FROM stage_125
), stage_127 AS (
  SELECT
    *,
    LAG(block_250, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_252,
    LAG(block_251, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_253
  FROM stage_126
), stage_128 AS (
  SELECT
    *,
    block_252 * block_250 AS block_254,
    (
      block_250 * block_253
    ) + block_251 AS block_255
  FROM stage_127
), stage_129 AS (
  SELECT
    *,
    LAG(block_254, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_256,
    LAG(block_255, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_257
  FROM stage_128
), stage_130 AS (
  SELECT
    *,
    block_256 * block_254 AS block_258,
    (
      block_254 * block_257
    ) + block_255 AS block_259
  FROM stage_129
), stage_131 AS (
  SELECT
    *,
    LAG(block_258, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_260,
    LAG(block_259, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_261
  FROM stage_130
), stage_132 AS (
  SELECT
    *,
    block_260 * block_258 AS block_262,
    (
      block_258 * block_261
    ) + block_259 AS block_263
  FROM stage_131
), stage_133 AS (
  SELECT
    *,
    LAG(block_262, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_264,
    LAG(block_263, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_265
  FROM stage_132
), stage_134 AS (
  SELECT
    *,
    block_264 * block_262 AS block_266,
    (
      block_262 * block_265
    ) + block_263 AS block_267
  FROM stage_133
), stage_135 AS (
  SELECT
    *,
    LAG(block_266, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_268,
    LAG(block_267, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_269
  FROM stage_134
), stage_136 AS (
  SELECT
    *,
    block_268 * block_266 AS block_270,
    (
      block_266 * block_269
    ) + block_267 AS block_271
  FROM stage_135
), stage_137 AS (
  SELECT
    *,
    LAG(block_270, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_272,
    LAG(block_271, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_273
  FROM stage_136
), stage_138 AS (
  SELECT
    *,
    block_272 * block_270 AS block_274,
    (
      block_270 * block_273
    ) + block_271 AS block_275
  FROM stage_137
), stage_139 AS (
  SELECT
    *,
    LAG(block_274, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_276,
    LAG(block_275, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_277
  FROM stage_138
), stage_140 AS (
  SELECT
    *,
    block_276 * block_274 AS block_278,
    (
      block_274 * block_277
    ) + block_275 AS block_279
  FROM stage_139
), stage_141 AS (
  SELECT
    *,
    LAG(block_278, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_280,
    LAG(block_279, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_281
  FROM stage_140
), stage_142 AS (
  SELECT
    *,
    block_280 * block_278 AS block_282,
    (
      block_278 * block_281
    ) + block_279 AS block_283
  FROM stage_141
), stage_143 AS (
  SELECT
    *,
    LAG(block_282, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_284,
    LAG(block_283, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_285
  FROM stage_142
), stage_144 AS (
  SELECT
    *,
    block_284 * block_282 AS block_286,
    (
      block_282 * block_285
    ) + block_283 AS block_287
  FROM stage_143
), stage_145 AS (
  SELECT
    *,
    LAG(block_286, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_288,
    LAG(block_287, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_289
  FROM stage_144
), stage_146 AS (
  SELECT
    *,
    block_288 * block_286 AS block_290,
    (
      block_286 * block_289
    ) + block_287 AS block_291
  FROM stage_145
), stage_147 AS (
  SELECT
    *,
    LAG(block_290, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_292,
    LAG(block_291, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_293
  FROM stage_146
), stage_148 AS (
  SELECT
    *,
    block_292 * block_290 AS block_294,
    (
      block_290 * block_293
    ) + block_291 AS block_295
  FROM stage_147
), stage_149 AS (
  SELECT
    *,
    LAG(block_294, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_296,
    LAG(block_295, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_297
  FROM stage_148
), stage_150 AS (
  SELECT
    *,
    block_296 * block_294 AS block_298,
    (
      block_294 * block_297
    ) + block_295 AS block_299
  FROM stage_149
), stage_151 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_240 IS NULL AND COALESCE(kept_241 >= 3e0, FALSE)
      THEN block_299
    END AS kept_300
  FROM stage_150
), stage_152 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_300 IS NULL AND COALESCE(kept_301 > 3e0, FALSE)
      THEN 0.5e0
      ELSE 1e0
    END AS kept_302,
    CASE
      WHEN NOT kept_300 IS NULL
      THEN CASE
        WHEN COALESCE(kept_301 > 3e0, FALSE)
        THEN kept_300 * 0.5e0
        ELSE CASE WHEN COALESCE(kept_301 > 0e0, FALSE) THEN kept_300 / 3e0 ELSE 0e0 END
      END
      ELSE 0e0
    END AS kept_303
  FROM stage_151
), stage_153 AS (
  SELECT
    *,
    LAG(kept_302, 1, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_304,
    LAG(kept_303, 1, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_305
  FROM stage_152
), stage_154 AS (
  SELECT
    *,
    block_304 * kept_302 AS block_306,
    (
      kept_302 * block_305
    ) + kept_303 AS block_307
  FROM stage_153
), stage_155 AS (
  SELECT
    *,
    LAG(block_306, 2, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_308,
    LAG(block_307, 2, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_309
  FROM stage_154
), stage_156 AS (
  SELECT
    *,
    block_308 * block_306 AS block_310,
    (
      block_306 * block_309
    ) + block_307 AS block_311
  FROM stage_155
), stage_157 AS (
  SELECT
    *,
    LAG(block_310, 4, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_312,
    LAG(block_311, 4, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_313
  FROM stage_156
), stage_158 AS (
  SELECT
    *,
    block_312 * block_310 AS block_314,
    (
      block_310 * block_313
    ) + block_311 AS block_315
  FROM stage_157
), stage_159 AS (
  SELECT
    *,
    LAG(block_314, 8, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_316,
    LAG(block_315, 8, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_317
  FROM stage_158
), stage_160 AS (
  SELECT
    *,
    block_316 * block_314 AS block_318,
    (
      block_314 * block_317
    ) + block_315 AS block_319
  FROM stage_159
), stage_161 AS (
  SELECT
    *,
    LAG(block_318, 16, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_320,
    LAG(block_319, 16, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_321
  FROM stage_160
), stage_162 AS (
  SELECT
    *,
    block_320 * block_318 AS block_322,
    (
      block_318 * block_321
    ) + block_319 AS block_323
  FROM stage_161
), stage_163 AS (
  SELECT
    *,
    LAG(block_322, 32, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_324,
    LAG(block_323, 32, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_325
  FROM stage_162
), stage_164 AS (
  SELECT
    *,
    block_324 * block_322 AS block_326,
    (
      block_322 * block_325
    ) + block_323 AS block_327
  FROM stage_163
), stage_165 AS (
  SELECT
    *,
    LAG(block_326, 64, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_328,
    LAG(block_327, 64, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_329
  FROM stage_164
), stage_166 AS (
  SELECT
    *,
    block_328 * block_326 AS block_330,
    (
      block_326 * block_329
    ) + block_327 AS block_331
  FROM stage_165
), stage_167 AS (
  SELECT
    *,
    LAG(block_330, 128, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_332,
    LAG(block_331, 128, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_333
  FROM stage_166
), stage_168 AS (
  SELECT
    *,
    block_332 * block_330 AS block_334,
    (
      block_330 * block_333
    ) + block_331 AS block_335
  FROM stage_167
), stage_169 AS (
  SELECT
    *,
    LAG(block_334, 256, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_336,
    LAG(block_335, 256, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_337
  FROM stage_168
), stage_170 AS (
  SELECT
    *,
    block_336 * block_334 AS block_338,
    (
      block_334 * block_337
    ) + block_335 AS block_339
  FROM stage_169
), stage_171 AS (
  SELECT
    *,
    LAG(block_338, 512, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_340,
    LAG(block_339, 512, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_341
  FROM stage_170
), stage_172 AS (
  SELECT
    *,
    block_340 * block_338 AS block_342,
    (
      block_338 * block_341
    ) + block_339 AS block_343
  FROM stage_171
), stage_173 AS (
  SELECT
    *,
    LAG(block_342, 1024, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_344,
    LAG(block_343, 1024, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_345
  FROM stage_172
), stage_174 AS (
  SELECT
    *,
    block_344 * block_342 AS block_346,
    (
      block_342 * block_345
    ) + block_343 AS block_347
  FROM stage_173
), stage_175 AS (
  SELECT
    *,
    LAG(block_346, 2048, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_348,
    LAG(block_347, 2048, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_349
  FROM stage_174
), stage_176 AS (
  SELECT
    *,
    block_348 * block_346 AS block_350,
    (
      block_346 * block_349
    ) + block_347 AS block_351
  FROM stage_175
), stage_177 AS (
  SELECT
    *,
    LAG(block_350, 4096, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_352,
    LAG(block_351, 4096, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_353
  FROM stage_176
), stage_178 AS (
  SELECT
    *,
    block_352 * block_350 AS block_354,
    (
      block_350 * block_353
    ) + block_351 AS block_355
  FROM stage_177
), stage_179 AS (
  SELECT
    *,
    LAG(block_354, 8192, 1e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_356,
    LAG(block_355, 8192, 0e0) OVER (PARTITION BY sid ORDER BY session ASC) AS block_357
  FROM stage_178
), stage_180 AS (
  SELECT
    *,
    block_356 * block_354 AS block_358,
    (
      block_354 * block_357
    ) + block_355 AS block_359
  FROM stage_179
), stage_181 AS (
  SELECT
    *,
    CASE
      WHEN NOT kept_300 IS NULL AND COALESCE(kept_301 >= 3e0, FALSE)
      THEN block_359
    END AS kept_360
  FROM stage_180
), stage_182 AS (
  SELECT
    *,
    (
      (
        (
          (
            (
              (
                -0.3429999999999999e0
              )
            ) * kept_360
          ) + (
            2.4989999999999997e0 * kept_300
          )
        ) - (
          6.068999999999999e0 * kept_240
        )
      ) + (
        4.912999999999999e0 * kept_180
      )
    ) * "price_scale" AS tillson_moving_average_361
  FROM stage_181
)
SELECT
  session,
  sid,
  symbol,
  tillson_moving_average_361 AS "value"
FROM stage_182
WHERE
  (
    alive AND session >= CAST('2024-01-02' AS DATE)
  )
  AND session <= CAST('2024-12-31' AS DATE)
ORDER BY
  session,
  sid
