"""An experiment: cases that each start clean, the records they leave, and the answer that follows."""

import html
import random
import sys
import traceback

import numpy as np
import tensorflow as tf
from IPython.display import display

from layermodes.observe import InstrumentError
from phaselab import versions

RECORD = "application/vnd.phasebook.record+json"


class Unavailable(Exception):  # noqa: N818 - a state, not a fault
    """The API that a claim is about does not exist in this release."""


class Experiment:
    """What one notebook does: `case` for each observation, `finish` at the end.

    `seed` is set before every case; `answer` keeps a place for the sentences that `finish` fills in.
    """

    def __init__(self, seed):
        self.seed = seed
        self.records = []
        _send({"text/markdown": "*The answer stands here when the notebook has run.*"}, display_id="answer")

    def case(self, claim, case, expected):
        """Context of one case: clean at its start; set `observed` on it; recorded at its end."""
        return Case(self, claim, case, expected)

    def verdict(self, claim):
        """The claim's verdict by the records so far: a verdict word, or None before any record."""
        records = [record for record in self.records if record["claim"] == claim]
        if not records:
            return None
        if any("error" in record for record in records):
            return "error"
        judged = [record["holds"] for record in records if "holds" in record]
        if not judged:
            return "unavailable"
        return "holds" if all(judged) else "fails"

    def say(self, claim, holds, fails, unavailable=""):
        """The sentence that fits the claim's verdict in this run; empty where there is none."""
        return {"holds": holds, "fails": fails, "unavailable": unavailable}.get(self.verdict(claim), "")

    def observed(self, claim):
        """What was observed for each case of a claim: {case: words}, in the order they were run."""
        return {r["case"]: r.get("observed", "-") for r in self.records if r["claim"] == claim}

    def finish(self, *sentences):
        """Put the answer at the top of the notebook and send the end mark; the last cell of a notebook."""
        answer = " ".join(sentence for sentence in sentences if sentence)
        _send({"text/markdown": answer or "*Nothing was settled.*"}, display_id="answer", update=True)
        end = {"record": 1, "finished": True, "records": len(self.records), "environment": versions.environment()}
        ran = "Finished: %d records, TensorFlow %s, Keras %s, Python %s." % (
            len(self.records), end["environment"]["tensorflow"], end["environment"]["keras"],
            end["environment"]["python"])
        _send({RECORD: end, "text/html": "<p>%s</p>" % html.escape(ran), "text/plain": ran})


class Case:
    """One observation of a claim, in a clean state; made by `Experiment.case`."""

    def __init__(self, experiment, claim, case, expected):
        self.experiment = experiment
        self.record = {"record": 1, "claim": claim, "case": case}
        self.expected = expected
        self.observed = None

    def need(self, name):
        """The object behind a dotted name such as "tf.keras.backend.set_learning_phase".

        Raises Unavailable, which ends the case as `unavailable`, where there is none: see `has`.
        """
        return _find(name)

    def __enter__(self):
        clean(self.experiment.seed)
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and not issubclass(kind, Exception):
            return False  # the user's interrupt, or the end of the process
        if kind is not None and issubclass(kind, Unavailable):
            self.record["unavailable"] = str(error)
        elif kind is not None:
            traceback.print_exception(kind, error, trace, file=sys.stdout)
            self.record["error"] = _last_line(kind, error)
        elif self.observed is None:
            self.record["error"] = "InstrumentError: the case observed nothing"
        else:
            self.record.update(expected=self.expected, observed=self.observed)
            self.record["holds"] = self.observed == self.expected
        self.experiment.records.append(self.record)
        _send({RECORD: self.record, "text/html": _as_html(self.record), "text/plain": _as_text(self.record)})
        return True


def has(name):
    """Whether there is a dotted name such as "tf.GradientTape" in this release, for this backend; says why not.

    On another backend than TensorFlow, `tf.keras` alone knows what Keras's layers do.
    """
    try:
        _find(name)
    except Unavailable as reason:
        print("Not drawn: %s." % reason)
        return False
    return True


def _find(name):
    """The object behind a dotted name; raises Unavailable."""
    if not name.startswith("tf.keras.") and versions.backend() != "tensorflow":
        raise Unavailable("%s needs the TensorFlow backend" % name)
    found = tf
    for part in name.split(".")[1:]:
        if not hasattr(found, part):
            raise Unavailable("%s does not exist in this release" % name)
        found = getattr(found, part)
    return found


def clean(seed):
    """Forget models, traced functions and the learning phase; set every seed.

    Raises InstrumentError where the learning phase of an earlier case is still set.
    """
    tf.keras.backend.clear_session()
    random.seed(seed)
    np.random.seed(seed)
    set_seed = getattr(tf.random, "set_seed", None) or tf.compat.v1.set_random_seed
    set_seed(seed)
    setter = getattr(tf.keras.backend, "set_learning_phase", None)
    is_set = getattr(sys.modules.get(getattr(setter, "__module__", None)), "global_learning_phase_is_set", None)
    if is_set is not None and is_set():
        raise InstrumentError("a learning phase is left over from an earlier case")


def _last_line(kind, error):
    return traceback.format_exception_only(kind, error)[-1].strip()


def _send(bundle, display_id=None, update=False):
    display(bundle, raw=True, display_id=display_id, **({"update": True} if update else {}))


def _as_text(record):
    if "unavailable" in record:
        return "%(claim)s · %(case)s: unavailable, %(unavailable)s" % record
    if "error" in record:
        return "%(claim)s · %(case)s: error, %(error)s" % record
    sign = "✓ as stated" if record["holds"] else "✗ otherwise"
    return "%s · %s: %s\n  expected: %s\n  observed: %s" % (
        record["claim"], record["case"], sign, record["expected"], record["observed"])


def _as_html(record):
    lines = [html.escape(line.strip()) for line in _as_text(record).split("\n")]
    return "<p><strong>%s</strong><br>%s</p>" % (lines[0], "<br>".join(lines[1:]))
