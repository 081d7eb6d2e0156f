"""A process that forks others which change a warehouse across the border of `fault_border`.

Reads one JSON request a line and answers with one. Every child starts from the same imports and a
fresh copy of the same folder, so its steps are numbered alike. All bars and the asset of generation 7
hold the value 7, so a mixture of two shows.
"""

# These are about `os` itself.
# ruff: noqa: PTH115, PTH120, PTH208
import base64
import fcntl
import gc
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from fault_border import REAL_FLOCK, Border, Plan, Step, install, listing

import warehouse
from warehouse import sqltext
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.session import Session
from warehouse.snapshots import log

BARS = """
CREATE OR REPLACE TABLE generation AS
SELECT
    make_date(year::BIGINT, 1, 1) + day::INTEGER AS session,
    sid::INTEGER AS sid,
    'G' AS symbol,
    $value::DECIMAL(38, 18) + $more::DECIMAL(38, 18) AS open,
    $value::DECIMAL(18, 8) AS high,
    $value::DECIMAL(18, 8) AS low,
    $value::DECIMAL(18, 8) AS close,
    $value::DECIMAL(18, 8) AS volume
FROM range(2020, 2022) y(year), range(5) d(day), range(2) s(sid)
"""
ASSET = """
CREATE OR REPLACE TABLE asset AS
SELECT 0 AS sid, $value::VARCHAR AS symbol, 'XNYS' AS exchange, 'equity' AS asset_type,
    DATE '2020-01-01' AS first_session, DATE '2021-01-05' AS last_session
"""
SEEN = """
SELECT min(open)::BIGINT, max(close)::BIGINT, count(*), (SELECT any_value(symbol)::BIGINT FROM eq.assets)
FROM eq.bars_1d
"""


def write(root: str, value: int, *, more: float = 0) -> None:
    with warehouse.open(root) as wh, wh.begin("eq", calendar="XNYS") as txn:
        txn.session.execute(BARS, {"value": value, "more": more})
        txn.upsert("bars_1d", "generation")
        txn.session.execute(ASSET, {"value": value})
        txn.replace("assets", "asset")
        txn.commit({"generation": value})


def ingest(root: str) -> None:
    write(root, len(log.versions(place(root))) + 1)


def catalog(root: str) -> None:
    with warehouse.open(root) as wh:
        wh.build_catalog()


def vacuum(root: str) -> None:
    with warehouse.open(root) as wh:
        wh.vacuum("eq", keep=1, days=0)


def compact(root: str) -> None:
    with warehouse.open(root) as wh:
        wh.compact("eq")


def written(root: str, generations: int, *, with_catalog: bool = False) -> None:
    for value in range(1, generations + 1):
        write(root, value)
        if with_catalog and value == 1:
            catalog(root)


def wider_than_needed(root: str) -> None:
    write(root, 1, more=1e-12)
    write(root, 2)  # in the types of the files it replaces


# Each job with the folder it starts from.
JOBS: dict[str, tuple[Callable[[str], None], Callable[[str], None]]] = {
    "first": (ingest, lambda _: None),
    "update": (ingest, lambda root: written(root, 2)),
    "catalog": (catalog, lambda root: written(root, 2, with_catalog=True)),
    "compact": (compact, wider_than_needed),
    "vacuum": (vacuum, lambda root: written(root, 4)),
}


def place(root: str) -> BundleDir:
    return BundleDir(Path(root), BundleName("eq"))


def require_whole(root: str) -> list[int]:
    """Every version of the log has all its files, byte for byte."""
    versions = log.versions(place(root))
    for version in versions:
        for _, _, file in log.read(place(root), version).files():
            content = (place(root).data / file.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file.sha256, file.path
    return versions


def state(job: str, root: str) -> dict[str, object]:
    """All that the job may change, for whoever opens the warehouse now."""
    found = {"versions": require_whole(root), "generation": 0, "catalog": 0}
    if not found["versions"]:
        return found
    with warehouse.open(root) as wh:
        ((low, high, count, asset),) = wh.sql(SEEN).rows()
        assert low == high == asset, "a mixture of generations"
        assert count == 2 * 5 * 2
        if job == "catalog":
            at = wh.verify_catalog()
            assert at.state in {"current", "stale"}, at
            found["catalog"] = catalog_snapshot(at.path)
    return found | {"generation": int(low)}


def catalog_snapshot(path: Path) -> int:
    session = Session(database=path, read_only=True)
    try:
        ((snapshot,),) = session.rows("SELECT snapshot FROM meta.bundles")
        return int(snapshot)
    finally:
        session.close()


def orphans(root: str) -> list[str]:
    """Files that nothing names, after a vacuum that removes no snapshot."""
    with warehouse.open(root) as wh:
        if wh.bundles():
            wh.vacuum("eq", keep=1_000, days=0)
    at = place(root)
    named = {
        str(at.data / it.path) for v in log.versions(at) for _, _, it in log.read(at, v).files()
    }
    named |= {str(at.manifest(version)) for version in log.versions(at)}
    named |= {str(at.path / "commit.lock"), str(at.path / "vacuum.lock")}
    named |= {f"{root}/catalog.duckdb", f"{root}/.catalog.duckdb.lock"}
    found = [f"{top}/{name}" for top, _, names in os.walk(root) for name in names]
    folders = [f"{top}/{name}" for top, names, _ in os.walk(at.data) for name in names]
    empty = [it for it in folders if not any(os.scandir(it))]
    return sorted(os.path.relpath(it, root) for it in [*(set(found) - named), *empty])


def held(folder: str) -> list[str]:
    """Open descriptors under the folder, and files there that somebody has locked."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if target.startswith(folder + "/"):
            found.append(f"descriptor of {target}")
    for path in [*Path(folder).rglob("*.lock"), *Path(folder).rglob("leases/*")]:
        with path.open("rb") as file:
            try:
                REAL_FLOCK(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                found.append(f"lock of {path}")
    return found


def examined(job: str, root: str) -> dict[str, object]:
    """What is there, what is there when the job has run again, and what nothing names then."""
    before = state(job, root)
    JOBS[job][0](root)
    return {"before": before, "after": state(job, root), "orphans": orphans(root)}


def faulty(job: str, root: str, plan: dict[str, object]) -> dict[str, object]:
    """Run a job into an error, in this process; then lift it and look around."""
    border = Border(os.path.dirname(root), Plan(**plan))  # type: ignore[arg-type]
    install(border)
    error = attempt(job, root)
    border.plan = None
    answer = {"reached": border.reached, "error": error, "held": held(os.path.dirname(root))}
    return answer | examined(job, root)


def limited(job: str, root: str, size: int) -> dict[str, object]:
    """Run a job while the kernel lets no file grow beyond a size; then lift it and look around."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    error = attempt(job, root)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    return {"error": error, "held": held(os.path.dirname(root))} | examined(job, root)


def crowded(job: str, root: str) -> dict[str, object]:
    """Run a job on the disk as it is."""
    return {"error": attempt(job, root), "held": held(os.path.dirname(root))}


def attempt(job: str, root: str) -> str:
    """Run a job and say how it failed, if it did."""
    try:
        JOBS[job][0](root)
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it is judged by the driver
        return f"{type(raised).__name__}: {raised}"
    finally:
        gc.collect()
    return ""


def killed(job: str, root: str, plan: dict[str, object]) -> dict[str, object]:
    """Run a job until its plan kills this process."""
    install(Border(os.path.dirname(root), Plan(**plan)))  # type: ignore[arg-type]
    JOBS[job][0](root)
    return {"reached": False}


def recorded(job: str, root: str) -> dict[str, object]:
    """Run a job and return its steps."""
    border = Border(os.path.dirname(root), recording=True)
    border.known = listing(border.folder)
    install(border)
    JOBS[job][0](root)
    border.notice()
    border.recording = False
    border.steps.append(Step("ack", root))
    steps = [asdict(it) | {"data": base64.b64encode(it.data).decode()} for it in border.steps]
    return {"steps": steps, "state": state(job, root)}


def prepared(job: str, root: str) -> dict[str, object]:
    JOBS[job][1](root)
    return {"state": state(job, root)}


ACTIONS = (prepared, recorded, killed, faulty, limited, crowded, examined)


def serve(request: dict[str, object]) -> dict[str, object]:
    """Do one request in a forked child; a killed one answers with its signal."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        action = {it.__name__: it for it in ACTIONS}[str(request.pop("action"))]
        try:
            answer = action(**request)  # type: ignore[operator]
        except BaseException:  # noqa: BLE001 - a child must not return into the loop of its parent
            answer = {"failed": traceback.format_exc()}
        with os.fdopen(writing, "w") as out:
            json.dump(answer, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as inp:
        text = inp.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"code": code, **(json.loads(text) if text else {})}


def main() -> None:
    for path in sorted(sqltext._root().rglob("*.j2")):  # the children inherit what is compiled
        name = path.relative_to(sqltext._root()).as_posix().removesuffix(".sql.j2")
        if name.split("/")[0] in {"views", "writing", "catalog"}:
            sqltext._template(name)
    for line in sys.stdin:
        request = json.loads(line)
        fresh = request.pop("template", None)
        root = Path(str(request["root"]))
        if fresh is not None:
            shutil.rmtree(root.parent, ignore_errors=True)
            root.parent.mkdir(parents=True)
            if fresh and Path(fresh).is_dir():
                shutil.copytree(fresh, root)
        print(json.dumps(serve(request)), flush=True)


if __name__ == "__main__":
    main()
