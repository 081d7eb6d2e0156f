"""Runs the server until it is stopped, and says how clients find it."""

import argparse
import tempfile
import threading
from pathlib import Path

from tests.fake_exchanges import Authority, Loopback, World
from tests.fake_exchanges.series import ms

_WORDS = """\
Fake exchanges at {http}
Through a proxy, with the URLs that clients have anyway:
  export HTTPS_PROXY={proxy} SSL_CERT_FILE={ca} CURL_CA_BUNDLE={ca}
By their base URL:
  from tests.fake_exchanges import urls
  urls("binance", "{http}")
Ctrl-C stops it."""


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_exchanges", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of plain HTTP; any free one if 0")
    parser.add_argument("--now", help="what the server takes for now, ISO text; else the real time")
    parser.add_argument("--recorded", type=Path, help="folder of recorded bodies")
    given = parser.parse_args()
    world = World(ms(given.now) if given.now else None, given.recorded)
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        with Loopback(world, authority, given.port) as server:
            words = {"http": server.http_url, "proxy": server.proxy_url, "ca": authority.ca_pem}
            print(_WORDS.format(**words), flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                print()


main()
