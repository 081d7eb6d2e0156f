"""What arguments and options of the commands hold, where click has no type for it."""

from pathlib import Path
from typing import Any, Final

import click
from typing_extensions import override


class _Path(click.Path):
    """A path that is not empty: an empty one would be the current folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("expected a path, found an empty text", param, ctx)
        return super().convert(value, param, ctx)


class _Symbols(click.ParamType[list[str]]):
    """Symbols between commas, of which none is empty."""

    name = "A,B"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        found = [it.strip() for it in value.split(",")]
        if not all(found):
            self.fail(f"expected symbols such as AAPL,MSFT, found {value!r}", param, ctx)
        return found


PATH: Final = _Path()
SYMBOLS: Final = _Symbols()
