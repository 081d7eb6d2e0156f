"""Reads the files of zipline and pandas in a confined process, which hands over Arrow tables.

Only `client` and `metadata` run in the process of the user. Every other module here is imported by the confined one
alone, and imports nothing of this project that opens a database or a network.
"""
