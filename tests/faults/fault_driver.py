"""Runs jobs into faults by `fault_jobs`, and judges what they leave."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import fault_power as power
from fault_border import CHANGING, Step
from fault_jobs import require_whole

HEAD = "data/bundles/eq/log/00000000000000000004.json"
JOBS = ("first", "update", "catalog", "compact", "vacuum")


@dataclass
class Recording:
    """One whole run of a job: its steps, and the state before and after."""

    steps: list[Step]
    before: dict
    after: dict

    @property
    def kill_points(self) -> int:
        return sum(step.kind in CHANGING for step in self.steps if not step.native)

    @property
    def calls(self) -> int:
        return sum(not step.native and step.kind != "ack" for step in self.steps)


class Driver:
    """A forking process and the folders its children work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fault_jobs.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._recordings: dict[str, Recording] = {}
        self.root = folder / "case" / "data"  # one path for all, as the catalog names it

    def template(self, job: str) -> Path:
        return self.folder / f"template-{job}"

    def recording(self, job: str) -> Recording:
        if job not in self._recordings:
            before = self._ask("prepared", job, template="")["state"]
            if self.root.exists():
                self.root.rename(self.template(job))
            found = self._ask("recorded", job, template=str(self.template(job)))
            steps = [Step(**it | {"data": base64.b64decode(it["data"])}) for it in found["steps"]]
            self._recordings[job] = Recording(steps, before, found["state"])
        return self._recordings[job]

    def kill(self, job: str, at: int) -> bool:
        """Kill a job before a step and judge what is left; False if it has fewer steps."""
        recording = self.recording(job)
        code = self._ask("killed", job, template=str(self.template(job)), plan={"at": at})["code"]
        if code == 0:
            return False
        assert code == -9
        self._judge(self._ask("examined", job), recording, "kill", at)
        return True

    def fail(self, job: str, at: int, error: int, *, lasting: bool) -> dict:
        recording = self.recording(job)
        plan = {"at": at, "error": error, "lasting": lasting}
        found = self._ask("faulty", job, template=str(self.template(job)), plan=plan)
        where = f"{job} step {at}, error {error}, {'for good' if lasting else 'once'}: {found}"
        if not found["reached"]:
            return found
        assert not found["held"], where
        if not found["error"]:  # it says that it worked
            assert self._outcome(found["before"], recording) == "new", where
        self._judge(found, recording, where, at)
        return found

    def fill(self, job: str, *, size: int) -> dict:
        """Run a job while no file may grow beyond a size, as on a full disk."""
        recording = self.recording(job)
        found = self._ask("limited", job, template=str(self.template(job)), size=size)
        self._judge(found, recording, f"files of at most {size} bytes: {found['error']}", 0)
        return found

    def crowd(self, job: str, disk: Path, left: int) -> str:
        """Run a job on a disk that has so many bytes left, then make room and run it again."""
        recording = self.recording(job)
        usual, self.root = self.root, disk / "case" / "data"
        try:
            shutil.copytree(self.template(job), self.root)
            free = shutil.disk_usage(disk).free
            (disk / "filler").write_bytes(bytes(free - left))
            done = self._ask("crowded", job)
            (disk / "filler").unlink()
            assert not done["held"], done
            assert str(disk) in done["error"] or not done["error"], done
            found = self._ask("examined", job)
            self._judge(found, recording, f"{left} bytes left: {done['error']}", 0)
            return "refused" if done["error"] else "fitted"
        finally:
            self.root = usual

    def syncs(self, job: str) -> dict[str, list[int]]:
        """Return which steps sync what; two of one folder are one promise."""
        found: dict[str, list[int]] = {}
        for at, step in enumerate(self._relative(job)):
            if step.kind == "fsync":
                found.setdefault(step.path, []).append(at)
        return found

    def cut(
        self, job: str, *, most: int, without: Collection[int] = (), first_only: bool = False
    ) -> power.Cut:
        """Cut the power at every moment of a job and judge every disk it may leave."""
        steps, recording = self._relative(job), self.recording(job)
        laid, template = self.folder / "laid", self.template(job)
        shutil.rmtree(laid, ignore_errors=True)
        laid.mkdir()
        if template.exists():
            shutil.copytree(template, laid / "data")
        # A vacuum also has to be right after a commit whose process died before its last sync.
        start = power.on_disk(laid, unsynced=[HEAD] if job == "vacuum" else [])
        before, after = self._catalogs(job, laid)

        def wrong(disk: Path, said: bool) -> str:
            problem = wrong_versions(disk, recording, job, said=said)
            at = disk / "data" / "catalog.duckdb"
            found = at.read_bytes() if at.exists() else None
            allowed = [after] if said else [before, after]
            return problem or ("" if found in allowed else "the catalog is neither old nor new")

        return power.cuts(
            steps, start, wrong, laid, most=most, without=without, first_only=first_only
        )

    def close(self) -> None:
        self._server.communicate(timeout=60)

    def _relative(self, job: str) -> list[Step]:
        return power.relative(self.recording(job).steps, str(self.root.parent))

    def _catalogs(self, job: str, laid: Path) -> tuple[bytes | None, bytes | None]:
        at = laid / "data" / "catalog.duckdb"
        before = at.read_bytes() if at.exists() else None
        written = [it.data for it in self.recording(job).steps if ".catalog.duckdb.new" in it.path]
        return before, next((it for it in reversed(written) if it), before)

    def _judge(self, found: dict, recording: Recording, what: object, at: int) -> None:
        where = f"{what} at step {at}: {found}"
        assert self._outcome(found["before"], recording) in {"old", "new"}, where
        assert not found["orphans"], where
        after, expected = found["after"], recording.after
        if (
            found["before"]["generation"]
            == expected["generation"]
            != recording.before["generation"]
        ):
            assert after["generation"] == expected["generation"] + 1, where
        else:
            assert after["generation"] == expected["generation"], where

    @staticmethod
    def _outcome(state: dict, recording: Recording) -> str:
        """Old, new, between (only a vacuum may stop half way: each version is whole or gone)."""
        if state == recording.before:
            return "old"
        if state == recording.after:
            return "new"
        removed = set(recording.before["versions"]) - set(recording.after["versions"])
        partly = set(recording.before["versions"]) - set(state["versions"])
        same = all(state[k] == recording.after[k] for k in ("generation",))
        return "old" if removed and partly <= removed and same else "mixed"

    def _ask(self, action: str, job: str, **request: object) -> dict:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        line = json.dumps({"action": action, "job": job, "root": str(self.root), **request})
        print(line, file=self._server.stdin, flush=True)
        answer = json.loads(self._server.stdout.readline())
        assert "failed" not in answer, f"{line}\n{answer['failed']}"
        return answer


def wrong_versions(disk: Path, recording: Recording, job: str, *, said: bool) -> str:
    """Say what is wrong with the log of a disk and with the files that it names."""
    try:
        found = require_whole(str(disk / "data"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the violation looked for
        return f"{type(error).__name__}: {error}"
    before, after = recording.before["versions"], recording.after["versions"]
    allowed = [after] if said else [before, after]
    if job == "vacuum" and not said:
        allowed += [before[:-1], *([*kept, before[-1]] for kept in subsets_of(before[:-1]))]
    return "" if found in allowed else f"found the versions {found}"


def subsets_of(versions: list[int]) -> list[list[int]]:
    return [
        [v for n, v in enumerate(versions) if mask >> n & 1] for mask in range(2 ** len(versions))
    ]
