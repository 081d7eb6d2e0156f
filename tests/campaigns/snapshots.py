"""Campaigns against snapshots, with real processes. Each prints its figures as JSON; 1 if one is wrong.

::

    python tests/campaigns/snapshots.py chaos --seconds 1800   writers, readers, vacuums, all killed
    python tests/campaigns/snapshots.py readers --commits 500  32 readers at a version each
    python tests/campaigns/snapshots.py races --races 1000     two commits of one partition

Every commit writes one value into all bars of two years, so half a commit shows, and notes the
value it replaced, so a lost one leaves a gap in the chain of values.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import warehouse
from warehouse.errors import ConflictError, QueryError
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import log

CONTEXT = multiprocessing.get_context("forkserver")
PAIRS = 6
DAYS, SIDS = 20, 3
OPENED_FOR = 20
WRITERS = 8  # at most
PAUSE = 2.0  # seconds between two readings of one version
BARS = """
CREATE OR REPLACE TABLE written AS
SELECT
    make_date($first + year::BIGINT, 1, 1) + day::INTEGER AS session,
    sid::INTEGER AS sid,
    'G' AS symbol,
    $value::DECIMAL(18, 8) AS open,
    $value::DECIMAL(18, 8) AS high,
    $value::DECIMAL(18, 8) AS low,
    $value::DECIMAL(18, 8) AS close,
    $value::DECIMAL(18, 8) AS volume
FROM range(2) y(year), range($days) d(day), range($sids) s(sid)
"""
PREVIOUS = "SELECT coalesce(max(close), 0)::BIGINT FROM bars_1d WHERE year(session) = ?"
PAIR_VALUES = """
SELECT year(session) // 2 AS pair, min(close)::BIGINT, max(close)::BIGINT, count(*)
FROM eq.bars_1d GROUP BY pair ORDER BY pair
"""


def first_year(pair: int) -> int:
    return 2000 + 2 * pair


def stage(txn: warehouse.Transaction, pair: int, value: int) -> int:
    """Write a value into the two years of a pair; return the value that was there."""
    first = first_year(pair)
    ((previous,),) = txn.session.rows(PREVIOUS, [first])
    values = {"first": first, "value": value, "days": DAYS, "sids": SIDS}
    txn.session.execute(BARS, values)
    txn.upsert("bars_1d", "written")
    return previous


def place_of(root: str) -> BundleDir:
    return BundleDir(Path(root), BundleName("eq"))


def orphans(root: str) -> int:
    """Count what is left beside the files of the log's manifests."""
    place = place_of(root)
    named = {place.data / file.path for it in log.history(place) for _, _, file in it.files()}
    left = [path for path in place.data.rglob("*") if path.is_file() and path not in named]
    left += [*place.leases.iterdir(), *place.log.glob("*.expired"), *place.log.glob(".*")]
    return len(left)


# ---- chaos


def write_for_ever(root: str, notes: str, number: int) -> None:
    """Commit values; note each intent before it is tried and each version when it is sure."""
    chance = random.Random()
    with Path(notes).open("a") as out:
        for wh in opened_for_ever(root):
            value, pair = once(number), chance.randrange(PAIRS)
            try:
                with wh.begin("eq", calendar="XNYS") as txn:
                    previous = stage(txn, pair, value)
                    print("try", pair, value, previous, file=out, flush=True)
                    version = txn.commit({"writer": number}).version
            except ConflictError:
                print("conflict", file=out, flush=True)
            else:
                print("done", pair, value, previous, version, file=out, flush=True)


def read_for_ever(root: str, notes: str) -> None:
    """Read twice with a pause, and go to the newest snapshot."""
    chance = random.Random()
    with Path(notes).open("a") as out:
        for wh in opened_for_ever(root):
            if wh.bundles():
                print(*read_twice(wh, chance.uniform(0, 1)), file=out, flush=True)


def vacuum_for_ever(root: str, notes: str) -> None:
    with Path(notes).open("a") as out:
        for wh in opened_for_ever(root):
            if wh.bundles():
                report = wh.vacuum("eq", keep=1, days=0)
                print("vacuum", len(report.removed), report.files, file=out, flush=True)
                time.sleep(0.05)


def opened_for_ever(root: str) -> Iterator[warehouse.Warehouse]:
    """Yield the warehouse at its newest state, for ever; to open it costs more than to refresh it."""
    while True:
        with warehouse.open(root) as wh:
            for _ in range(OPENED_FOR):
                yield wh
                wh.refresh()


def once(number: int) -> int:
    """Return a value that no other call gives, of any writer or time, and that fits a price."""
    return time.monotonic_ns() // 100_000 % 10**9 * WRITERS + number


def read_twice(wh: warehouse.Warehouse, pause: float) -> tuple[object, ...]:
    try:
        seen = wh.sql(PAIR_VALUES).rows()
        time.sleep(pause)
        again = wh.sql(PAIR_VALUES).rows()
    except QueryError as error:
        return "gone", str(error).replace("\n", " ")
    if any(low != high or count != 2 * DAYS * SIDS for _, low, high, count in seen):
        return "mixed", seen
    return ("read" if seen == again else "moved"), wh.snapshot("eq").version


def chaos(root: str, arguments: argparse.Namespace) -> dict[str, int]:
    notes = Path(root).with_name("notes")
    notes.mkdir()
    jobs = [
        *((write_for_ever, n) for n in range(arguments.writers)),
        *((read_for_ever,) for _ in range(arguments.readers)),
        (vacuum_for_ever,),
    ]

    def start(number: int):
        job, *more = jobs[number]
        said = notes / f"{number}-{job.__name__}-{time.monotonic_ns()}"
        process = CONTEXT.Process(target=job, args=(root, str(said), *more), daemon=True)
        process.start()
        return process

    chance = random.Random(arguments.seed)
    running = [start(number) for number in range(len(jobs))]
    began, kills, told = time.monotonic(), 0, 0
    while (passed := time.monotonic() - began) < arguments.seconds:
        if passed > 60 * (told + 1):
            told += 1
            print(f"{told} min: {kills} kills, {dict(counted(notes))}", file=sys.stderr, flush=True)
        time.sleep(chance.uniform(0, 2 * arguments.kill_every))
        number = chance.randrange(len(jobs))
        died_alone = [it for it in running if not it.is_alive()]
        assert not died_alone, died_alone
        running[number].kill()
        running[number].join()
        running[number] = start(number)
        kills += 1
    for process in running:
        process.kill()
        process.join()
    return judged(root, notes, kills)


def counted(notes: Path) -> Counter[str]:
    return Counter(line[0] for path in notes.iterdir() for line in whole_lines(path))


def judged(root: str, notes: Path, kills: int) -> dict[str, int]:
    said = {path: whole_lines(path) for path in notes.iterdir()}
    lines = [line for found in said.values() for line in found]
    counts = Counter(line[0] for line in lines)
    done = [tuple(map(int, line[1:])) for line in lines if line[0] == "done"]
    tried = [tuple(map(int, line[1:])) for line in lines if line[0] == "try"]
    with warehouse.open(root) as wh:
        wh.vacuum("eq", keep=1, days=0)
        final = {pair - 1000: low for pair, low, _, _ in wh.sql(PAIR_VALUES).rows()}
    backwards = 0
    for found in said.values():
        versions = [int(line[-1]) for line in found if line[0] in ("read", "done")]
        backwards += sum(b < a for a, b in pairwise(versions))
    return {
        "kills": kills,
        "operations": sum(counts[it] for it in ("try", "vacuum")) + 2 * counts["read"],
        "commits": len(done),
        "conflicts": counts["conflict"],
        "reads": counts["read"],
        "vacuums": counts["vacuum"],
        "mixed": counts["mixed"],
        "moved": counts["moved"],
        "gone": counts["gone"],
        "backwards": backwards,
        "reused": len(done) - len({version for *_, version in done}),
        "lost": sum(lost(pair, final.get(pair, 0), done, tried) for pair in range(PAIRS)),
        "orphans": orphans(root),
    }


def whole_lines(path: Path) -> list[list[str]]:
    """Return the words of each line; the last may have been cut by a kill."""
    return [line.split() for line in path.read_text().split("\n")[:-1]]


def lost(pair: int, value: int, done: list[tuple], tried: list[tuple]) -> int:
    """Count the acknowledged values of a pair that are not in the chain that ends at a value."""
    before = {it[1]: it[2] for it in tried if it[0] == pair}
    acknowledged = {it[1]: it[3] for it in done if it[0] == pair}
    chain: list[int] = []
    while value:
        chain.append(value)
        value = before[value]
    versions = [acknowledged[it] for it in chain if it in acknowledged]
    assert versions == sorted(versions, reverse=True)
    return len(acknowledged.keys() - set(chain))


# ---- readers at a version each


def digest(wh: warehouse.Warehouse) -> str:
    rows = wh.sql("SELECT * FROM eq.bars_1d ORDER BY sid, session").rows()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def read_one_version(root: str, link: Connection) -> None:
    """Stay at the version of the start; at the end tell how often it was read, and how often wrong."""
    with warehouse.open(root) as wh:
        first, reads, wrong = digest(wh), 1, 0
        link.send(wh.snapshot("eq").version)
        while not link.poll(PAUSE):
            reads, wrong = reads + 1, wrong + (digest(wh) != first)
        link.send((reads, wrong + (digest(wh) != first)))


def hold_a_result(root: str, link: Connection) -> None:
    """Keep one stream open from start to end, and tell whether it was of one value."""
    query = "SELECT close::BIGINT AS v FROM eq.bars_1d, range(30000) ORDER BY sid, session"
    with warehouse.open(root) as wh, wh.stream(query, batch_rows=2048) as stream:
        batches = iter(stream)
        kinds = set(next(batches).column("v").to_pylist())
        link.send(wh.snapshot("eq").version)
        link.recv()
        rows = 2048
        for batch in batches:
            rows += batch.num_rows
            kinds |= set(batch.column("v").unique().to_pylist())
        link.send((rows, int(len(kinds) != 1 or rows != 2 * DAYS * SIDS * 30000)))


def commit_on_request(root: str, link: Connection) -> None:
    """Commit a value for each that is received, vacuuming at every tenth."""
    with warehouse.open(root) as wh:
        while value := link.recv():
            with wh.begin("eq", calendar="XNYS") as txn:
                stage(txn, 0, value)
                link.send(txn.commit().version)
            if value % 10 == 0:
                wh.vacuum("eq", keep=1, days=0)
        wh.refresh()
        wh.vacuum("eq", keep=1, days=0)
        link.send(len(wh.snapshots("eq")))


def begin(job, root: str) -> Connection:
    ours, theirs = CONTEXT.Pipe()
    CONTEXT.Process(target=job, args=(root, theirs), daemon=True).start()
    theirs.close()
    return ours


def wait_for(links: list[Connection]) -> None:
    """Wait until the processes at the other ends are gone."""
    for link in links:
        try:
            link.recv()
        except (EOFError, ConnectionResetError):
            link.close()


def readers(root: str, arguments: argparse.Namespace) -> dict[str, int]:
    writer = begin(commit_on_request, root)
    held: list[Connection] = []
    versions = []
    for value in range(1, arguments.commits + 1):
        writer.send(value)
        version = writer.recv()
        if value % 100 == 0:
            print(f"{value} of {arguments.commits} commits", file=sys.stderr, flush=True)
        if value == 1:
            held.append(begin(hold_a_result, root))
            assert held[0].recv() == version
        if value * arguments.readers // arguments.commits >= len(held):
            held.append(begin(read_one_version, root))
            versions.append(held[-1].recv())
    for link in held:
        link.send("end")
    told = [link.recv() for link in held]
    wait_for(held)
    writer.send(0)
    left = writer.recv()
    wait_for([writer])
    return {
        "commits": arguments.commits,
        "readers": len(set(versions)),
        "reads": sum(reads for reads, _ in told[1:]),
        "rows_of_the_open_result": told[0][0],
        "wrong": sum(wrong for _, wrong in told),
        "snapshots_left": left,
        "orphans": orphans(root),
    }


# ---- races


def race(root: str, link: Connection) -> None:
    """Prepare the value that is received, commit at the word, tell the version, 0 for a conflict."""
    while value := link.recv():
        with warehouse.open(root) as wh, wh.begin("eq", calendar="XNYS") as txn:
            stage(txn, 0, value)
            link.send("ready")
            link.recv()
            try:
                link.send(txn.commit().version)
            except ConflictError:
                link.send(0)


def races(root: str, arguments: argparse.Namespace) -> dict[str, int]:
    runners = [begin(race, root) for _ in range(2)]
    winners, two, none = [], 0, 0
    for number in range(1, arguments.races + 1):
        values = [2 * number + which for which in range(2)]
        for answer in (values, ["go", "go"]):
            for link, word in zip(runners, answer, strict=True):
                link.send(word)
            told = [link.recv() for link in runners]
        if number % 200 == 0:
            print(f"{number} of {arguments.races} races", file=sys.stderr, flush=True)
        two += all(told)
        none += not any(told)
        winners += [
            (version, value) for version, value in zip(told, values, strict=True) if version
        ]
    for link in runners:
        link.send(0)
    return {
        "races": arguments.races,
        "both_won": two,
        "none_won": none,
        "out_of_order": sum(version != n for n, (version, _) in enumerate(winners, start=1)),
        "other_value": sum(value_of(root, *it) for it in winners[-20:]),
    }


def value_of(root: str, version: int, value: int) -> int:
    with warehouse.open(root) as wh, wh.at(snapshot=version) as then:
        return int(then.sql(PAIR_VALUES).rows() != [(1000, value, value, 2 * DAYS * SIDS)])


WRONG = (
    *("mixed", "moved", "gone", "backwards", "reused", "lost", "orphans", "wrong"),
    *("both_won", "none_won", "out_of_order", "other_value"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(required=True)
    for campaign, options in {
        chaos: {"seconds": 1800.0, "writers": 4, "readers": 16, "kill-every": 0.7, "seed": 1},
        readers: {"commits": 500, "readers": 32},
        races: {"races": 1000},
    }.items():
        command = kinds.add_parser(campaign.__name__)
        command.set_defaults(campaign=campaign)
        for name, default in options.items():
            command.add_argument(f"--{name}", type=type(default), default=default)
    arguments = parser.parse_args()
    CONTEXT.set_forkserver_preload(["warehouse"])
    folder = tempfile.mkdtemp(prefix="rustybt-campaign-")
    began = time.monotonic()
    try:
        figures = arguments.campaign(os.path.join(folder, "root"), arguments)  # noqa: PTH118
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures | {"seconds": round(time.monotonic() - began, 1)}))
    return int(any(figures.get(name) for name in WRONG))


if __name__ == "__main__":
    sys.exit(main())
