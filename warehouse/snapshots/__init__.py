"""Numbered, checksummed, hash-chained manifests of a bundle, and how one is added or taken away."""
