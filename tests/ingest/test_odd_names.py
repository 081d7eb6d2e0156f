"""Any symbol comes back as it was written, through ingest, query, export and ingest again."""

import csv
import io
import random
import unicodedata

import pytest

NAMES = [
    "7203",
    "0700",
    "007",
    "1e5",
    "1E5",
    "-1",
    "+1",
    "1_000",
    "0x10",
    "inf",
    "-inf",
    "nan",
    "NaN",
    "NULL",
    "null",
    "None",
    "NA",
    "N/A",
    "true",
    "FALSE",
    "2024-01-02",
    "20240102",
    "12:30",
    "BRK.B",
    "BRK/B",
    "BTC/USDT",
    "BTC-USDT",
    "^GSPC",
    "ES=F",
    "EURUSD=X",
    "A&B",
    "A+B",
    "A%20B",
    "A%2FB",
    "../x",
    "../../etc/passwd",
    "C:\\x",
    "\\\\host\\x",
    "CON",
    "NUL",
    "aux",
    ".hidden",
    "~",
    "$HOME",
    "${HOME}",
    "`id`",
    "$(id)",
    "=1+1",
    "@A",
    "+A",
    "-A",
    ";DROP",
    "'quoted'",
    "O'Neil",
    "x'",
    "--",
    "/**/",
    "株式",
    "Ünïcode",
    "ﬁ",
    "é",
    "é",
    "İstanbul",
    "😀",
    "\u202ertl",
    "﷽",
    "*.csv",
    "[a-z]",
    "?",
    "a:b",
    "a|b",
    "a#b",
]
SPACED = [
    "two words",
    "a,b",
    'say "x"',
    "tab\there",
    "semi;colon",
    "x" * 300,
    "Robert'); DROP TABLE t;--",
]
HEADER = ["date", "symbol", "open", "high", "low", "close", "volume"]


def random_names(count, seed=7):
    choose = random.Random(seed)
    points = [
        c
        for c in range(0x20, 0x2FFFF)
        if unicodedata.category(chr(c)) not in ("Cs", "Cc", "Cn", "Co") and not chr(c).isspace()
    ]
    made = set()
    while len(made) < count:
        made.add("".join(chr(choose.choice(points)) for _ in range(choose.randint(1, 12))))
    return sorted(made)


def as_csv(symbols):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(["2024-01-02", symbol, 1, 2, 1, 2, 10] for symbol in symbols)
    return text.getvalue()


@pytest.mark.parametrize("symbols", [NAMES + SPACED, random_names(1000)], ids=["odd", "random"])
def test_symbols_survive_the_round(take, ask, root, symbols):
    symbols = sorted(set(symbols))
    before = {path for path in root.parent.rglob("*") if not path.is_relative_to(root)}
    report = take(as_csv(symbols))
    assert (report.added, report.rejected) == (len(symbols), 0)
    stored = [symbol for (symbol,) in ask("SELECT symbol FROM t.bars_1d")]
    assert sorted(stored) == symbols
    again = take(as_csv(stored))
    assert (again.same, again.new) == (len(symbols), False)
    outside = {path for path in root.parent.rglob("*") if not path.is_relative_to(root)} - before
    assert {path.name for path in outside} <= {"files", "bars.csv"}
