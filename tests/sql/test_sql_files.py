"""Runs ``*.test`` files: what is asked of DuckDB, and the rows it answers.

Blocks end at an empty line. ``statement`` runs SQL in an empty DuckDB, ``check NAME [threshold=…]`` a
file of sql/checks over its tables; ``ingest BUNDLE [option=…]`` takes CSV into a warehouse, ``quality
BUNDLE`` records what its checks find, ``policy BUNDLE setting=…`` changes the policy; ``query`` asks the
warehouse. Expected rows stand behind ``----``, columns apart by two spaces or more.
"""

import re
from pathlib import Path

import pytest

import warehouse
from rustybt.data.bundles import ingest_files
from rustybt.data.quality import check, record, set_policy
from warehouse.catalog.checks import checks
from warehouse.session import Session

FILES = sorted(Path(__file__).parent.glob("*.test"))
CHECKS = {it.name: it for it in checks()}


class Run:
    def __init__(self, folder: Path) -> None:
        self.folder, self.session = folder, Session()
        self.root = folder / "root"

    def block(self, head: str, body: list[str]) -> None:
        word, *given = head.split()
        options = dict(it.split("=", 1) for it in given[1:])
        if "----" in body:
            at = body.index("----")
            rows = getattr(self, word)("\n".join(body[:at]), *given[:1], **options)
            expected = [re.split(r" {2,}", line) for line in body[at + 1 :]]
            assert [[str(it) for it in row] for row in rows] == expected
        else:
            getattr(self, word)("\n".join(body), *given[:1], **options)

    def statement(self, text: str) -> None:
        self.session.execute(text)

    def check(self, _: str, name: str, **thresholds: str):
        values = CHECKS[name].parameters | {key: float(it) for key, it in thresholds.items()}
        numbers = {key: int(it) if it.is_integer() else it for key, it in values.items()}
        rows = self.session.rows(CHECKS[name].statement, numbers or None)
        return [(symbol, ts or session, detail) for symbol, session, ts, detail in rows]

    def ingest(self, text: str, bundle: str, **options: str) -> None:
        path = self.folder / "bars.csv"
        path.write_text(text + "\n")
        ingest_files(path, bundle, root=self.root, **options)

    def quality(self, _: str, bundle: str) -> None:
        with warehouse.open(self.root) as wh:
            record(wh, check(wh, bundle))

    def policy(self, _: str, bundle: str, **settings: str) -> None:
        with warehouse.open(self.root) as wh:
            set_policy(wh, bundle, settings)

    def query(self, text: str):
        with warehouse.open(self.root) as wh:
            return wh.sql(text).rows()


def blocks(path: Path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    for block in re.split(r"\n{2,}", "\n".join(lines).strip()):
        yield block.strip("\n").splitlines()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file(path, tmp_path):
    run = Run(tmp_path)
    for head, *body in blocks(path):
        try:
            run.block(head, body)
        except AssertionError as error:
            pytest.fail(f"{path.name}: {head} {' '.join(body[:3])}\n{error}", pytrace=False)


def test_every_check_is_tried():
    text = "\n".join(path.read_text() for path in FILES)
    assert not [name for name in CHECKS if not re.search(rf"^check {name}\b", text, re.MULTILINE)]
