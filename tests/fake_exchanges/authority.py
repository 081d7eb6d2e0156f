"""Who signs the certificates of the server: one authority a run, its key in memory alone."""

import ssl
from pathlib import Path

import trustme

HOSTS = (
    "127.0.0.1", "localhost",
    "api.binance.com", "fapi.binance.com", "dapi.binance.com", "eapi.binance.com",
    "api.bybit.com", "www.okx.com", "api.kraken.com", "api.coinbase.com",
    "fc.yahoo.com", "query1.finance.yahoo.com", "query2.finance.yahoo.com",
    "guce.yahoo.com", "consent.yahoo.com", "finance.yahoo.com",
    "api.polygon.io", "api.massive.com", "data.alpaca.markets", "www.alphavantage.co",
)  # fmt: skip


class Authority:
    """A certificate authority and one certificate for all hosts.

    Parameters
    ----------
    folder
        Where the authority's own certificate is written, for clients to trust: `ca_pem`.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_pem = str(folder / "fake-exchanges-ca.pem")
        authority.cert_pem.write_to_path(self.ca_pem)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*HOSTS).configure_cert(self.context)
