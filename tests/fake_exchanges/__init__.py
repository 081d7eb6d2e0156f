"""A server on the loopback that speaks as the exchanges and vendors do, and fails as they do.

``python -m tests.fake_exchanges`` runs it for trying by hand; tests take the fixture ``exchanges``.
"""

from tests.fake_exchanges.authority import Authority
from tests.fake_exchanges.ccxt_urls import urls
from tests.fake_exchanges.server import Loopback
from tests.fake_exchanges.world import World

__all__ = ["Authority", "Loopback", "World", "urls"]
