"""S1: random names and literals go through the quoting of `warehouse.sqltext` and come back equal.

Run as a script: ``python tests/campaigns/quoting.py [COUNT] [SEED]``; 100,000 by default.
"""

import random
import sys

from warehouse import sqltext
from warehouse.errors import SqlTextError
from warehouse.session import Session

NASTY = [
    "'", '"', "''", '""', "\\", "\\'", "--", "/*", "*/", ";", "$$", "{{", "}}", "{%", "%s", "?", "$1", ":x",
    "\n", "\r", "\t", "\x1b", "\x7f", "\u0000", "\u00a0", "\u2028", "\u2019", "\uff07", "\u02bc", "\u200b", "\ufeff",
    "é", "e\u0301", "ß", "İ", "\U0001d54f", "🂡", "SELECT", "NULL", "DROP TABLE x", "E'", "U&'", "x'41'", "`", "[", "]", "(", ")",
]  # fmt: skip


def text(chance: random.Random) -> str:
    """A name somebody might make: empty, long, quoted, in any script."""
    parts = [
        chance.choice(NASTY) if chance.random() < 0.6 else letter(chance)
        for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 8, 40)))
    ]
    return "".join(parts)


def letter(chance: random.Random) -> str:
    while True:
        code = chance.choice((chance.randrange(0x80), chance.randrange(0x110000)))
        if not 0xD800 <= code <= 0xDFFF:  # halves of a surrogate pair are no text
            return chr(code)


def wrong(count: int, seed: int) -> list[str]:
    """Return the texts that did not come back as they went in."""
    chance, session, found = random.Random(seed), Session(threads=1), []
    for _ in range(count):
        name, value = text(chance), text(chance)
        if not returns(session, name, value):
            found.append(repr((name, value)))
    session.close()
    return found


def returns(session: Session, name: str, value: str) -> bool:
    impossible = not name or "\0" in name + value
    try:
        query = f"SELECT {sqltext.literal(value)} AS {sqltext.identifier(name)}"
    except SqlTextError:
        return impossible
    table = session.arrow(query)
    return not impossible and (table.column_names, table.column(0).to_pylist()) == ([name], [value])


if __name__ == "__main__":
    count, seed = int((sys.argv[1:] or [100_000])[0]), int((sys.argv[2:] or [0])[0])
    failures = wrong(count, seed)
    print(
        f"{count:,} names and literals, seed {seed}: {len(failures)} wrong",
        *failures[:10],
        sep="\n",
    )
    sys.exit(bool(failures))
