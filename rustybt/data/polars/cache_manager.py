"""The cache under the name that users import: `CacheManager`, and its part in memory."""

from rustybt.data.cache import CacheManager, LRUCache

__all__ = ["CacheManager", "LRUCache"]
