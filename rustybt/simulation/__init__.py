"""The event loop: bars in the order in which they were traded, and what a strategy did with them.

zipline's order of events, fills and result columns hold throughout. What zipline gets wrong is
mended, unless a run says ``compat="zipline"``:

================================  =============================  ===============================
where                             ``compat="sane"``              ``compat="zipline"``
================================  =============================  ===============================
daily ``before_trading_start``    the last bar is that of the    today's full bar is seen in
                                  session before, adjusted to    ``data`` and in the portfolio
                                  today
limit orders                      looked at in every bar, and    once reached a limit stays
                                  no fill is beyond the limit:   reached, and slippage may move a
                                  where slippage would move it   fill beyond it
                                  so far, the limit is paid
``EODCancel`` on daily bars       every open order that has had  the first order of each asset
                                  a bar is cancelled             that has two or more
a plain order before the listing  ``CannotOrderError``           waits for the listing
``time_rules.every_minute``       every minute                   once a session
``batch_market_order``            as ``order`` for each asset    neither trading controls nor the
                                                                 listing are asked
an order that comes to nothing    is no order                    is none, but trading controls are
                                                                 asked, and count it
where a bar's volume is used up   the limits and stops of        those of further orders are not
                                  further orders are looked at   looked at in this bar
``stop_reached`` of a stop-limit  stays True                     False: it is a limit order from
                                                                 then on
what ``EODCancel`` cancels on     is listed in the session       is listed in the next session
daily bars
what ``EODCancel`` cancels on     is listed last in its session  is listed where it stood, if at
bars of minutes                                                  all
prices and volumes of             as adjusted                    rounded to thousandths, or to
``history``                                                     the decimals of a future's tick
``can_trade`` before a session    as in the session              False where the session begins
of minutes                                                       later
scheduled functions on a half     run                            do not run where they have run
day of daily bars                                                in the session before, less
                                                                 than 24 hours ago
``PerShare`` after a split        units count as they were when  all units filled so far are
                                  they were filled               counted, and charged, anew
================================  =============================  ===============================
"""
