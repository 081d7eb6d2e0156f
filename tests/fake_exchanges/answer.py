"""What is asked of the server, what it answers, and how a page is read and written again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

JSON = "application/json;charset=utf-8"


@dataclass
class Ask:
    """One request: `now` is the server's, in milliseconds."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    now: int
    base: str = ""
    at: float = 0.0  # of the monotonic clock
    in_flight: int = 0
    weight: float = 1.0
    status: int = 0

    @property
    def text(self) -> str:
        """Path and query as the tests match them: ``/api/v3/klines?symbol=BTCUSDT&limit=5``."""
        return self.path + "?" + "&".join(f"{k}={v}" for k, v in self.query.items())

    def number(self, name: str, otherwise: int) -> int:
        """Return a whole number of the query."""
        return int(float(self.query.get(name) or otherwise))


@dataclass
class Answer:
    """One response, whole."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any, status: int = 200, **headers: str) -> "Answer":
        """Return a document as JSON; a decimal number is written as it is."""
        return cls(json.dumps(document).encode(), status, {"Content-Type": JSON, **headers})

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    async def send(self) -> web.StreamResponse:
        """Return it as the server sends it."""
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@dataclass
class Turn:
    """A request that waits: what is asked, the raw request, and what the vendor would answer."""

    ask: Ask
    request: web.BaseRequest
    serve: Callable[[Ask], Answer]

    async def answer(self) -> Answer:
        """Return what the vendor says to the question as it now stands."""
        return self.serve(self.ask)


def with_rows(answer: Answer, change: Callable[[list[Any]], list[Any]]) -> Answer:
    """Return an answer whose rows went through `change`, whatever vendor's page it is."""
    document = answer.document
    return Answer.of(_changed(document, change), answer.status)


def _changed(document: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    if isinstance(document, dict) and document.get("chart"):
        for result in document["chart"]["result"] or ():
            _change_chart(result, change)
        return document
    if isinstance(document, dict) and (
        name := next((it for it in document if "Time Series" in it), "")
    ):
        document[name] = dict(change(list(document[name].items())))
        return document
    if isinstance(document, list):
        return change(document)
    holder, key = _longest(document) or (None, None)
    if holder is not None:
        holder[key] = change(holder[key])
    return document


def _longest(document: Any) -> tuple[Any, Any] | None:
    """Return where the longest list of rows of a document stands."""
    found = []
    items = document.items() if isinstance(document, dict) else ()
    for key, value in items:
        if isinstance(value, list) and value and isinstance(value[0], list | dict):
            found.append((len(value), document, key))
        elif isinstance(value, dict) and (inner := _longest(value)):
            found.append((len(inner[0][inner[1]]), *inner))
    return max(found, key=lambda it: it[0])[1:] if found else None


def _change_chart(result: dict[str, Any], change: Callable[[list[Any]], list[Any]]) -> None:
    """Change the parallel arrays of a Yahoo chart as if they were rows."""
    if "timestamp" not in result:
        return
    quote = result["indicators"]["quote"][0]
    adjusted = result["indicators"].get("adjclose", [{}])[0]
    columns = {"timestamp": result["timestamp"], **quote, **adjusted}
    rows = change(
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    )
    turned = {name: [row[name] for row in rows] for name in columns}
    result["timestamp"] = turned.pop("timestamp")
    for name, values in turned.items():
        (adjusted if name in adjusted else quote)[name] = values
