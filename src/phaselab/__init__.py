"""Phasebook inside the kernel: what the notebooks import to observe, draw and record.

Runs on Python 3.7 with TensorFlow 1.14 as on the newest of both; it hides no call under test.
"""

from layermodes.observe import (
    ADDED_NOISE,
    ADDED_NOTHING,
    DROPPED,
    INFERS,
    KEPT_ALL,
    TRAINS,
    InstrumentError,
    batch_statistics,
    check_instruments,
    movement,
    moving_statistics,
    normalise,
    numbers,
    watch_batch_normalization,
    watch_dropout,
    watch_noise,
)
from phaselab.draw import panels, show
from phaselab.experiment import Experiment, Unavailable, has
from phaselab.modes import show_modes
from phaselab.versions import backend

__all__ = [
    "ADDED_NOISE",
    "ADDED_NOTHING",
    "DROPPED",
    "INFERS",
    "KEPT_ALL",
    "TRAINS",
    "Experiment",
    "InstrumentError",
    "Unavailable",
    "backend",
    "batch_statistics",
    "check_instruments",
    "has",
    "movement",
    "moving_statistics",
    "normalise",
    "numbers",
    "panels",
    "show",
    "show_modes",
    "watch_batch_normalization",
    "watch_dropout",
    "watch_noise",
]
