"""The words of a strategy that limit what it may do; said in ``initialize`` only."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from rustybt.algorithm.words import Words
from rustybt.assets import Asset
from rustybt.errors import OptionError
from rustybt.finance import controls
from rustybt.finance.controls import AccountControl, OnError, TradingControl
from rustybt.finance.restrictions import Restrictions, StaticRestrictions
from rustybt.simulation.clock import Phase


class ControlWords(Words):
    """The part of `rustybt.algorithm.TradingAlgorithm` that limits orders and the account.

    An order that breaks a limit raises `TradingControlError`, or with ``on_error='log'`` is logged
    as an error and placed. Limits count what is held, not what is on order.
    """

    _controls: tuple[TradingControl, ...] = ()

    def register_trading_control(self, control: TradingControl) -> None:
        """Have a control asked before each order.

        Raises
        ------
        HookError
            Outside ``initialize``.
        OptionError
            It is no `TradingControl`.
        """
        self._only_in("register_trading_control", Phase.INITIALIZE)
        if not isinstance(control, TradingControl):
            raise OptionError("control", control, "a TradingControl")
        self._controls = (*self._controls, control)

    def register_account_control(self, control: AccountControl) -> None:
        """Have a control asked at the end of each session.

        Raises
        ------
        HookError
            Outside ``initialize``.
        OptionError
            It is no `AccountControl`.
        """
        self._only_in("register_account_control", Phase.INITIALIZE)
        if not isinstance(control, AccountControl):
            raise OptionError("control", control, "an AccountControl")
        self._run.controls.append(control)

    def set_max_leverage(self, max_leverage: float) -> None:
        """End the run with `AccountControlError` if a session ends with a higher leverage."""
        self.register_account_control(controls.MaxLeverage(max_leverage))

    def set_min_leverage(self, min_leverage: float, grace_period: timedelta) -> None:
        """End the run with `AccountControlError` if a session ends with a lower leverage.

        Parameters
        ----------
        grace_period
            Counted from midnight (UTC) of the first session; until it is over nothing is asked.
        """
        if not isinstance(grace_period, timedelta):
            raise OptionError("grace_period", grace_period, "a timedelta")
        start = datetime.combine(self._run.clock.session.label, time(), UTC)
        self.register_account_control(controls.MinLeverage(min_leverage, start + grace_period))

    def set_max_position_size(
        self,
        asset: Asset | None = None,
        max_shares: float | None = None,
        max_notional: float | None = None,
        on_error: OnError = "fail",
    ) -> None:
        """Limit what a position may come to by an order.

        Parameters
        ----------
        asset
            The asset it holds for; every asset if None.
        max_shares, max_notional
            Units, and money at the last price, of either sign; at least one of the two.
        """
        limit = controls.MaxPositionSize(asset, max_shares, max_notional, on_error)
        self.register_trading_control(limit)

    def set_max_order_size(
        self,
        asset: Asset | None = None,
        max_shares: float | None = None,
        max_notional: float | None = None,
        on_error: OnError = "fail",
    ) -> None:
        """Limit the size of an order; parameters as for `set_max_position_size`."""
        limit = controls.MaxOrderSize(asset, max_shares, max_notional, on_error)
        self.register_trading_control(limit)

    def set_max_order_count(self, max_count: int, on_error: OnError = "fail") -> None:
        """Limit the number of orders placed in a session."""
        self.register_trading_control(controls.MaxOrderCount(max_count, on_error))

    def set_do_not_order_list(
        self, restricted_list: Iterable[Asset], on_error: OnError = "fail"
    ) -> None:
        """Restrict some assets for the whole run."""
        self.set_asset_restrictions(StaticRestrictions(restricted_list), on_error)

    def set_asset_restrictions(
        self, restrictions: Restrictions, on_error: OnError = "fail"
    ) -> None:
        """Restrict assets: orders for them break a limit, and `data.can_trade` is False for them.

        Parameters
        ----------
        restrictions
            `StaticRestrictions`, `HistoricalRestrictions`, or one of your own.
        """
        self.register_trading_control(controls.RestrictedListOrder(restrictions, on_error))
        self._run.data.restrict(restrictions)

    def set_long_only(self, on_error: OnError = "fail") -> None:
        """Allow no order that leads to a short position."""
        self.register_trading_control(controls.LongOnly(on_error))
