"""Data in: sources, calendars, actions and bundles."""
