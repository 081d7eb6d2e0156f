"""Many runs of one strategy over one snapshot: grids of parameters, and walk-forward splits."""

from rustybt.sweeps.grid import combinations
from rustybt.sweeps.splits import Split, walk_forward
from rustybt.sweeps.sweep import run_sweep

__all__ = ["Split", "combinations", "run_sweep", "walk_forward"]
