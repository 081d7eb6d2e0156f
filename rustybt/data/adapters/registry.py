"""Adapters by name: those of this package, those of others by entry points, those of the process."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Final, TypeVar

from rustybt.data.adapters.adapter import DataAdapter
from rustybt.errors import UnknownAdapterError

GROUP: Final = "rustybt.adapters"  # of entry points
_OWN: Final[Mapping[str, str]] = {
    "alpaca": "rustybt.data.adapters.alpaca:AlpacaAdapter",
    "alphavantage": "rustybt.data.adapters.alphavantage:AlphaVantageAdapter",
    "cached": "rustybt.data.adapters.cached:CachedAdapter",
    "ccxt": "rustybt.data.adapters.ccxt:CCXTAdapter",
    "csv": "rustybt.data.adapters.csv:CSVAdapter",
    "polygon": "rustybt.data.adapters.polygon:PolygonAdapter",
    "resampled": "rustybt.data.adapters.resampled:ResampledAdapter",
    "yahoo": "rustybt.data.adapters.yahoo:YFinanceAdapter",
}

Kind = TypeVar("Kind", bound=type[DataAdapter])


class AdapterRegistry:
    """The adapters that are known by name.

    Another package offers its own as an entry point of the group ``rustybt.adapters``, whose name is
    that of the adapter; then every process knows it. `register` is for this process alone.
    """

    _registered: ClassVar[dict[str, type[DataAdapter]]] = {}

    @classmethod
    def register(cls, adapter: Kind, name: str | None = None) -> Kind:
        """Make an adapter known in this process, by the name of its class if none is given.

        Returns the class, so it may stand as a decorator.

        Raises
        ------
        TypeError
            It is no subclass of `DataAdapter`.
        """
        if not (isinstance(adapter, type) and issubclass(adapter, DataAdapter)):
            raise TypeError(f"expected a subclass of DataAdapter, found {adapter!r}")
        cls._registered[name or adapter.__name__] = adapter
        return adapter

    @classmethod
    def list_adapters(cls) -> list[str]:
        """Return all names, sorted; none of their modules is imported."""
        return sorted({*_OWN, *_offered(), *cls._registered})

    @classmethod
    def get_adapter(cls, name: str) -> type[DataAdapter]:
        """Return the class of a name.

        Raises
        ------
        UnknownAdapterError
            There is none; the nearest is named.
        """
        if name in cls._registered:
            return cls._registered[name]
        if name in _OWN:
            module, _, kind = _OWN[name].partition(":")
            found: type[DataAdapter] = getattr(import_module(module), kind)
            return found
        offered = _offered()
        if name not in offered:
            raise UnknownAdapterError(name, cls.list_adapters())
        loaded: type[DataAdapter] = offered[name].load()
        return cls.register(loaded, name)

    @classmethod
    def name_of(cls, adapter: DataAdapter) -> str:
        """Return the name by which the class of an adapter is known.

        Raises
        ------
        UnknownAdapterError
            It is not known: no other process could make the adapter again.
        """
        kind = type(adapter)
        told = f"{kind.__module__}:{kind.__qualname__}"
        offered = {name: it.value for name, it in _offered().items()}
        for name, value in {**_OWN, **offered}.items():
            if value == told:
                return name
        for name, registered in cls._registered.items():
            if registered is kind:
                return name
        raise UnknownAdapterError(kind.__qualname__, cls.list_adapters())

    @classmethod
    def rebuilt(cls, name: str, parameters: Mapping[str, Any]) -> DataAdapter:
        """Return the adapter of a name with its `DataAdapter.parameters`.

        Raises
        ------
        UnknownAdapterError
            There is none of the name.
        """
        return cls.get_adapter(name)(**parameters)


def _offered() -> dict[str, EntryPoint]:
    return {it.name: it for it in entry_points(group=GROUP)}
