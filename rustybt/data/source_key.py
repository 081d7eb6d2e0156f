"""What says that pages are of one source, so that they may stand for each other."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_MANNERS: Final = frozenset({"rate_limit", "request_delay", "timeout", "patience"})


def source_key(adapter: str, parameters: Mapping[str, Any], resolution: str) -> str:
    """Return 16 hexadecimal digits for an adapter, its parameters and a length of bars.

    How the source is asked, as fast as it is and how often again, changes nothing of its pages.
    """
    asked = {name: it for name, it in parameters.items() if name not in _MANNERS}
    text = json.dumps([adapter, asked, resolution], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
