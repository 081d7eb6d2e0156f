"""The command ``rustybt`` from its first moment on; ``python -m rustybt`` is the same."""

from rustybt.interrupts import ended_at_once


def main() -> None:
    """Run the command; an interrupt is one line and exit code 130, whenever it comes."""
    with ended_at_once():
        from rustybt.cli import main as command
    command(prog_name="rustybt")


if __name__ == "__main__":
    main()
