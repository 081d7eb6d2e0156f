"""Takes data of zipline over: bundles, their bcolz and HDF5 files, folders of CSV files.

README.md beside this file says what is carried over and how to go back.
"""

from rustybt.data.migration.migrate import Kind, Options, migrate
from rustybt.data.migration.report import MigrationReport

__all__ = ["Kind", "MigrationReport", "Options", "migrate"]
