"""Phasebook inside the kernel: what the notebooks import to observe, draw and record.

Runs on Python 3.7 with TensorFlow 1.14 as on the newest of both; it hides no call under test.
"""

from phaselab.draw import panels, show
from phaselab.experiment import Experiment, Unavailable
from phaselab.modes import show_modes
from phaselab.observe import (
    DROPPED,
    INFERS,
    KEPT_ALL,
    TRAINS,
    InstrumentError,
    check_instruments,
    numbers,
    watch_batch_normalization,
    watch_dropout,
    watch_noise,
)

__all__ = [
    "DROPPED",
    "INFERS",
    "KEPT_ALL",
    "TRAINS",
    "Experiment",
    "InstrumentError",
    "Unavailable",
    "check_instruments",
    "numbers",
    "panels",
    "show",
    "show_modes",
    "watch_batch_normalization",
    "watch_dropout",
    "watch_noise",
]
