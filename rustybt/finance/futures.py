"""What trading a futures contract costs by its root symbol: zipline's constants."""

from collections.abc import Mapping
from typing import Final

from rustybt.assets import Asset

_ROOTS_BY_FEE: Final = {
    0.16: "JE",
    0.5: "QG",
    0.56: "FI TN",
    0.65: "ER FV",
    0.75: "TY XG YS",
    0.8: "US",
    0.85: "UB",
    0.96: "AI FF",
    1.03: "CM MS MW",
    1.18: "ES MI NQ",
    1.2: "QM",
    1.25: "ED",
    1.5: "BD CL DJ EE EI EL ET EU FS GC HG HO HU MB MD MG ND NG PA PB PL RM SV TB TS TU VX XB YM",
    1.6: "AD BP CD EC JY ME NZ SF",
    1.95: "BO CN OA RR SM SY WC",
    2.03: "FC LB LC LH",
    2.1: "SB",
    2.15: "NK",
    2.4: "SP",
}
EXCHANGE_FEES: Final[Mapping[str, float]] = {
    root: fee for fee, roots in _ROOTS_BY_FEE.items() for root in roots.split()
}  # trade currency an order
DEFAULT_ETA: Final = 0.049018143225019836
ETA: Final[Mapping[str, float]] = {
    "BD": 0.050346811117733474,
    "BO": 0.0549309950700463,
    "BP": 0.04784154423871634,
    "CD": 0.05112442064025072,
    "CL": 0.04852544628414196,
    "CM": 0.052683478163348625,
    "CN": 0.05349971839003781,
    "DJ": 0.02313009072076987,
    "EC": 0.04885131067661861,
    "ED": 0.09418429709024576,
    "EE": 0.048713151357687556,
    "EI": 0.03171270843969266,
    "EL": 0.04420742201820936,
    "ER": 0.04593056773771131,
    "ES": 0.0473044183219935,
    "EU": 0.049750396084029064,
    "FC": 0.058728734202178494,
    "FF": 0.04897059152762404,
    "FI": 0.03347717673817077,
    "FS": 0.034557788010453824,
    "FV": 0.04654442771605696,
    "GC": 0.04893331354612521,
    "HG": 0.0522384175249878,
    "HO": 0.04506131841215606,
    "HU": 0.017154313062463938,
    "JE": 0.013948949613401812,
    "LB": 0.06146586386903994,
    "LC": 0.05585380186285862,
    "LH": 0.05755700463021978,
    "ME": 0.030383767727818548,
    "MG": 0.029579261656151684,
    "MI": 0.041026288873007355,
    "MW": 0.052579919663880245,
    "NG": 0.047897809233755716,
    "NK": 0.04455543505479143,
    "NQ": 0.044772425085977945,
    "NZ": 0.04917041807387204,
    "OA": 0.05697326723277552,
    "PL": 0.05457937966564749,
    "RM": 0.037425041244579654,
    "SB": 0.057388160345668134,
    "SF": 0.047784825569615726,
    "SM": 0.04855286055984422,
    "SV": 0.05269143503993111,
    "SY": 0.05204170365728161,
    "TN": 0.0333634653652625,
    "TS": 0.03290887845506915,
    "TU": 0.0638676460638408,
    "TY": 0.050586988554700826,
    "US": 0.04798417987359072,
    "WC": 0.05263654211932924,
    "XB": 0.044444916388854484,
}  # of the market impact; `DEFAULT_ETA` for others


def root_of(asset: Asset) -> str:
    """Return the root symbol of an asset; empty where it has none."""
    return asset.root_symbol or ""


def by_root(
    asset: Asset, own: float | Mapping[str, float] | None, known: Mapping[str, float], other: float
) -> float:
    """Return a constant of an asset: a user's own, else zipline's, else `other`."""
    if own is not None and not isinstance(own, Mapping):
        return own
    root = root_of(asset)
    return (own or {}).get(root, known.get(root, other))
