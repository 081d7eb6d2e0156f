"""Limits that a strategy sets itself: what it may order, and how its account may stand.

A control of a user's own derives from `TradingControl` or `AccountControl` and is asked in the same
way as these.
"""

import logging
import math
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from rustybt.assets import Asset
from rustybt.errors import (
    AccountControlError,
    NotAnAssetError,
    OptionError,
    TradingControlError,
)
from rustybt.finance.portfolio import Account, Portfolio
from rustybt.finance.restrictions import Restrictions

OnError = Literal["fail", "log"]
ON_ERROR: Final = ("fail", "log")

log = logging.getLogger(__name__)


class Quotes(Protocol):
    """What a control may ask of the bar in hand."""

    @property
    def current_session(self) -> Any:
        """Label of the session."""

    def current(self, assets: Asset, fields: str) -> Any:
        """Return one field of one asset, a float."""


class TradingControl(ABC):
    """A limit on orders, asked before each is placed.

    Parameters
    ----------
    on_error
        ``'fail'`` ends the run, ``'log'`` logs an error and lets the order through.
    """

    def __init__(self, on_error: OnError = "fail") -> None:
        if on_error not in ON_ERROR:
            raise OptionError("on_error", on_error, "'fail' or 'log'")
        self.on_error = on_error

    @abstractmethod
    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, now: datetime, data: Quotes
    ) -> None:
        """Call `violated` if an order of so many units must not be.

        Open orders are not counted: the portfolio is what is held now.
        """

    def violated(self, asset: Asset, amount: float, now: datetime, why: str) -> None:
        """Raise or log that an order breaks the limit.

        Raises
        ------
        TradingControlError
            With ``on_error='fail'``.
        """
        error = TradingControlError(asset.symbol, amount, now, f"{self!r}: {why}")
        if self.on_error == "fail":
            raise error
        log.error("%s It is placed, as on_error='log' says.", error)

    def __repr__(self) -> str:
        return _told(self)


class MaxOrderCount(TradingControl):
    """At most so many orders a session.

    Parameters
    ----------
    max_count
        Whole number of at least 0.
    """

    def __init__(self, max_count: int, on_error: OnError = "fail") -> None:
        super().__init__(on_error)
        if not isinstance(max_count, int) or isinstance(max_count, bool) or max_count < 0:
            raise OptionError("max_count", max_count, "a whole number of at least 0")
        self.max_count = max_count
        self._session: Any = None
        self._placed = 0

    def validate(
        self,
        asset: Asset,
        amount: float,
        portfolio: Portfolio,  # noqa: ARG002 - the protocol's
        now: datetime,
        data: Quotes,
    ) -> None:
        """Count the order, unless it is one too many."""
        if self._session != data.current_session:
            self._session, self._placed = data.current_session, 0
        if self._placed >= self.max_count:
            self.violated(asset, amount, now, f"{self._placed} were placed in this session")
        self._placed += 1


class _Limit(TradingControl):
    """At most so many units, or so much money, of one asset or of any."""

    def __init__(
        self,
        asset: Asset | None = None,
        max_shares: float | None = None,
        max_notional: float | None = None,
        on_error: OnError = "fail",
    ) -> None:
        super().__init__(on_error)
        if asset is not None and not isinstance(asset, Asset):
            raise NotAnAssetError(asset)
        if max_shares is None and max_notional is None:
            raise OptionError("max_shares", None, "max_shares, max_notional or both")
        self.asset = asset
        self.max_shares = _at_least_0("max_shares", max_shares)
        self.max_notional = _at_least_0("max_notional", max_notional)

    def _check(
        self, asset: Asset, amount: float, units: float, now: datetime, price: float
    ) -> None:
        value = abs(units * price * asset.multiplier)
        if self.max_shares is not None and abs(units) > self.max_shares:
            self.violated(asset, amount, now, f"{abs(units):g} units")
        elif self.max_notional is not None and value > self.max_notional:
            self.violated(asset, amount, now, f"{value:.2f} at {price:g}")


class MaxOrderSize(_Limit):
    """At most so many units, or so much money at the last price, in an order."""

    def validate(
        self,
        asset: Asset,
        amount: float,
        portfolio: Portfolio,  # noqa: ARG002 - the protocol's
        now: datetime,
        data: Quotes,
    ) -> None:
        """Look at the order alone."""
        if self.asset in {None, asset}:
            self._check(asset, amount, amount, now, data.current(asset, "price"))


class MaxPositionSize(_Limit):
    """At most so many units, or so much money at the last price, after an order is filled."""

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, now: datetime, data: Quotes
    ) -> None:
        """Look at what is held, and the order with it."""
        if self.asset in {None, asset}:
            units = portfolio.positions[asset].amount + amount
            self._check(asset, amount, units, now, data.current(asset, "price"))


class RestrictedListOrder(TradingControl):
    """No orders for restricted assets.

    Parameters
    ----------
    restrictions
        Which those are.
    """

    def __init__(self, restrictions: Restrictions, on_error: OnError = "fail") -> None:
        super().__init__(on_error)
        if not isinstance(restrictions, Restrictions):
            raise OptionError(
                "restrictions", restrictions, "Restrictions such as StaticRestrictions"
            )
        self.restrictions = restrictions

    def validate(
        self,
        asset: Asset,
        amount: float,
        portfolio: Portfolio,  # noqa: ARG002 - the protocol's
        now: datetime,
        data: Quotes,  # noqa: ARG002 - the protocol's
    ) -> None:
        """Look whether the asset is restricted now."""
        if self.restrictions.is_restricted(asset, now):
            self.violated(asset, amount, now, f"{asset.symbol} is restricted")


class LongOnly(TradingControl):
    """No order that leads to a short position."""

    def validate(
        self,
        asset: Asset,
        amount: float,
        portfolio: Portfolio,
        now: datetime,
        data: Quotes,  # noqa: ARG002 - the protocol's
    ) -> None:
        """Look at what is held, and the order with it."""
        held = portfolio.positions[asset].amount
        if held + amount < 0:
            self.violated(asset, amount, now, f"{held:g} are held")


class AccountControl(ABC):
    """A limit on the account, asked at the end of each session."""

    @abstractmethod
    def validate(self, portfolio: Portfolio, account: Account, now: datetime) -> None:
        """Call `violated` if the account must not stand so."""

    def violated(self, now: datetime, why: str) -> None:
        """Raise that the account breaks the limit.

        Raises
        ------
        AccountControlError
            Always.
        """
        raise AccountControlError(now, f"{self!r}: {why}")

    def __repr__(self) -> str:
        return _told(self)


class MaxLeverage(AccountControl):
    """Leverage of at most so much.

    Parameters
    ----------
    max_leverage
        Long minus short value over the portfolio value, at least 0.
    """

    def __init__(self, max_leverage: float) -> None:
        self.max_leverage = _leverage("max_leverage", max_leverage)

    def validate(self, portfolio: Portfolio, account: Account, now: datetime) -> None:  # noqa: ARG002 - the protocol's
        """Look at the leverage."""
        if account.leverage > self.max_leverage:
            self.violated(now, f"it is {account.leverage:g}")


class MinLeverage(AccountControl):
    """Leverage of at least so much from a day on.

    Parameters
    ----------
    min_leverage
        As for `MaxLeverage`.
    deadline
        Instant after which it holds, with its zone.
    """

    def __init__(self, min_leverage: float, deadline: datetime) -> None:
        self.min_leverage = _leverage("min_leverage", min_leverage)
        self.deadline = deadline

    def validate(self, portfolio: Portfolio, account: Account, now: datetime) -> None:  # noqa: ARG002 - the protocol's
        """Look at the leverage, once the deadline is past."""
        if now > self.deadline and account.leverage < self.min_leverage:
            self.violated(now, f"it is {account.leverage:g}")


def _at_least_0(option: str, value: float | None) -> float | None:
    if value is None:
        return None
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
        raise OptionError(option, value, "a finite number of at least 0, or None")
    return value


def _leverage(option: str, value: float) -> float:
    found = _at_least_0(option, value)
    if found is None:
        raise OptionError(option, value, "a finite number of at least 0")
    return found


def _told(control: TradingControl | AccountControl) -> str:
    shown = {key: value for key, value in vars(control).items() if not key.startswith("_")}
    told = ", ".join(f"{key}={value!r}" for key, value in shown.items())
    return f"{type(control).__name__}({told})"
