"""``python -m rustybt.data.calendars`` writes the shipped table of sessions anew: `make sessions`."""

from rustybt.data.calendars.shipped import TABLE, write

if __name__ == "__main__":
    write(TABLE)
