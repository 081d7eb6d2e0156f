"""The markets that are known by name: country, exchange calendar, currency."""

from typing import Final

_MARKETS: Final = """
AR XBUE ARS, AT XWBO EUR, AU XASX AUD, BE XBRU EUR, BR BVMF BRL, CA XTSE CAD, CH XSWX CHF,
CL XSGO CLP, CN XSHG CNY, CO XBOG COP, CZ XPRA CZK, DE XFRA EUR, DK XCSE DKK, ES XMAD EUR,
FI XHEL EUR, FR XPAR EUR, GB XLON GBP, GR ASEX EUR, HK XHKG HKD, HU XBUD HUF, ID XIDX IDR,
IE XDUB EUR, IN XBOM INR, IS XICE ISK, IT XMIL EUR, JP XTKS JPY, KR XKRX KRW, MX XMEX MXN,
MY XKLS MYR, NL XAMS EUR, NO XOSL NOK, NZ XNZE NZD, PE XLIM PEN, PH XPHS PHP, PK XKAR PKR,
PL XWAR PLN, PT XLIS EUR, RU XMOS RUB, SE XSTO SEK, SG XSES SGD, TH XBKK THB, TR XIST TRY,
TW XTAI TWD, US XNYS USD, ZA XJSE ZAR
"""
MARKETS: Final = tuple(
    (country, calendar, currency)
    for country, calendar, currency in (row.split() for row in _MARKETS.split(","))
)
CURRENCIES: Final = (
    *((calendar, currency) for _, calendar, currency in MARKETS),
    *((alias, "USD") for alias in ("NYSE", "NASDAQ", "XNAS")),
)
"""Pairs of an exchange calendar and the currency of its assets."""
COUNTRIES: Final = {
    **{calendar: country for country, calendar, _ in MARKETS},
    **dict.fromkeys(("NYSE", "NASDAQ", "XNAS"), "US"),
}
"""The country of each exchange calendar."""
