"""Frames that were computed or fetched once, kept in memory and on disk."""

from rustybt.data.cache.disk import DiskCache, Entry
from rustybt.data.cache.manager import CacheManager
from rustybt.data.cache.memory import LRUCache

__all__ = ["CacheManager", "DiskCache", "Entry", "LRUCache"]
