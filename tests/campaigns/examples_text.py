"""The text of a strategy as a namespace, in zipline's process and in ours; only its imports are ported."""

import re
import sys
from types import ModuleType

import numpy as np

IMPORTS = re.compile(r"^(\s*(?:from|import)\s+)zipline\b", re.MULTILINE)


def ema(values, timeperiod):
    """Return an exponential average as TA-Lib begins it: by the mean of the first `timeperiod` values."""
    found = np.full(len(values), np.nan)
    found[timeperiod - 1] = values[:timeperiod].mean()
    for place in range(timeperiod, len(values)):
        found[place] = found[place - 1] + 2.0 / (timeperiod + 1) * (
            values[place] - found[place - 1]
        )
    return found


def namespace(job, package):
    """Return the names that the text of a job defines, with `zipline` replaced by `package` in its imports.

    TA-Lib, which one example asks for, need not be installed: a module of that name has the one function.
    """
    stand_in = ModuleType("talib")
    stand_in.EMA = ema
    sys.modules["talib"] = stand_in
    names = {"__name__": job["name"], "__file__": f"{job['name']}.py"}
    exec(compile(IMPORTS.sub(rf"\1{package}", job["text"]), job["name"], "exec"), names)
    names.update(job["set"])  # in the dict that its functions look in
    return names
