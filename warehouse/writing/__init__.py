"""Writes partitions and turns them into the next snapshot of a bundle."""
