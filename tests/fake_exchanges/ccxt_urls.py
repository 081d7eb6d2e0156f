"""How a client of ccxt is pointed at the server, as its users can: all base URLs, none left real."""

from typing import Any
from urllib.parse import urlsplit


def urls(exchange_id: str, base: str) -> dict[str, Any]:
    """Return the setting ``urls`` of an exchange with every host replaced, and every path kept.

    Examples
    --------
    ``ccxt.binance({"urls": urls("binance", server.http_url)})``
    """
    import ccxt

    told = getattr(ccxt, exchange_id)().describe()
    return {"api": _rebased(told["urls"]["api"], base, told.get("hostname") or "")}


def _rebased(tree: Any, base: str, host: str) -> Any:
    if isinstance(tree, dict):
        return {key: _rebased(value, base, host) for key, value in tree.items()}
    return base + urlsplit(tree.replace("{hostname}", host)).path
