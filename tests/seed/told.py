"""Prints the settings with their origin, and the keys of vendors, as a new process finds them."""

import json

from rustybt.data.adapters.alpaca import AlpacaAdapter
from rustybt.data.adapters.net.keys import keys_of
from rustybt.data.adapters.polygon import PolygonAdapter
from warehouse import config

found = config.load()
told = {name: [it.value, it.origin] for name, it in found}
for adapter in (PolygonAdapter(), AlpacaAdapter()):
    keys = keys_of(adapter.source, adapter.sections, adapter.variables, {})
    told[adapter.source] = {name: key.reveal() for name, key in keys.items()}
print(json.dumps(told))
