"""Numbered, checksummed, hash-chained manifests of a bundle, and the protocol that adds one."""
