"""Findings: what will surprise whoever runs this model, each with the claim of the report that proves it."""

import json
import os

from layermodes.flavours import all_layers, from_keras, is_a, is_model, layers_inside
from layermodes.reasons import fixed_in_graph, in_graph, preprocessing_before
from layermodes.watching import has_mode, signature_default

ORDINARY = ("training=False", "none", "predict")
_DATA = []


def check(model, x, y=None):
    """Run `model` as `modes` does and return what will surprise, as a list of Findings."""
    from layermodes.result import modes

    return modes(model, x, y).findings


class Finding:
    """One surprise: `rule`, `path`, `text`, and the `claim` of the report that proves it, or None."""

    def __init__(self, rule, path, text, claim):
        self.rule, self.path, self.text, self.claim = rule, path, text, claim

    def to_dict(self):
        """The finding as plain values."""
        return {"rule": self.rule, "path": self.path, "text": self.text, "claim": self.claim}

    def __repr__(self):
        return "%s: %s: %s%s" % (self.rule, self.path, self.text, " [%s]" % self.claim if self.claim else "")


def data():
    """The texts and proofs of the rules by their ids, as the wheel ships them."""
    if not _DATA:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules.json")
        with open(path, encoding="utf-8") as file:
            _DATA.append({rule["id"]: rule for rule in json.load(file)["rules"]})
    return _DATA[0]


NAMES = {"tf.keras": "tf.keras of TensorFlow", "keras-3": "Keras", "tf-keras": "tf-keras with TensorFlow"}


def since(claim):
    """Where a claim held and where it failed, in one sentence."""
    parts = []
    for verdict, words in (("fails", "does not hold in"), ("holds", "holds in")):
        places = [
            "%s %s"
            % (
                NAMES[one["flavour"]],
                one["first"] if one["first"] == one["last"] else "%(first)s to %(last)s" % one,
            )
            for one in claim["ranges"]
            if one["verdict"] == verdict
        ]
        if places:
            parts.append("%s %s" % (words, ", ".join(places)))
    return "the claim %s %s" % (claim["id"], "; ".join(parts)) if parts else ""


def finding(rule, path, where="", claim=None):
    """A Finding with the rule's own texts; `claim` names the one that fits best where the rule has several."""
    texts = data()[rule]
    claims = {one["id"]: one for one in texts["claims"]}
    chosen = claim if claim in claims else next(iter(claims), None)
    text = "%s%s; %s" % (texts["happens"], " (%s)" % where if where else "", texts["instead"])
    if chosen is not None and since(claims[chosen]):
        text += "; " + since(claims[chosen])
    return Finding(rule, path, text, chosen)


def fails_here(claim, versions):
    """Whether the results say that a claim fails in the release that runs, or in the nearest older one."""
    ranges = [
        one for rule in data().values() for held in rule["claims"] if held["id"] == claim for one in held["ranges"]
    ]
    here = number(versions["keras" if versions["flavour"] == "keras-3" else "tensorflow"])
    older = [one for one in ranges if one["flavour"] == versions["flavour"] and number(one["first"]) <= here]
    return bool(older) and max(older, key=lambda one: number(one["first"]))["verdict"] == "fails"


def number(version):
    """The first two numbers of a version, to compare releases by."""
    return tuple(int(part) for part in version.split(".")[:2])


def findings_of(model, result, changed):
    """All findings of a result, in the order of the layers, each rule once for each place."""
    found = []
    for row in result.rows:
        found += list(of_calls(row))
        found += list(of_step(row, result))
    found += list(of_overridden(result))
    if fails_here("trainable-true-reaches-frozen-inner", result.versions):
        found += list(of_containers(model))
    found += list(of_flags(model, changed))
    once = {}
    for one in found:
        once.setdefault((one.rule, one.path), one)
    return list(once.values())


def of_calls(row):
    """Findings from where the mode of a layer came from, call by call."""
    for call, seen in row.seen.items():
        did, reason = row.calls.get(call), seen.reason
        if did not in ("trains", "infers"):
            continue
        if behind_preprocessing(seen):
            if did == "trains" and call == "none":
                yield finding("preprocessing-leaks", row.path, seen.reason.text)
            continue
        if reason.kind == "leak" and did == ("trains" if seen.told else "infers"):
            graph = "unbaked-behind-baked-follows-outer" if in_functional(seen.frame) else None
            yield finding("mode-leaks", row.path, "in %s, %s" % (call, reason.text), graph)
        if (
            did == "trains"
            and call in ORDINARY
            and reason.kind == "default"
            and (call != "none" or not from_keras(type(row.layer)))
        ):
            yield finding("default-trains-in-predict", row.path, "in %s" % call)
        if did == "trains" and call == "predict" and reason.kind in ("graph", "own"):
            yield finding("training-mode-when-served", row.path)
        if reason.kind == "lost" and did == "infers":
            yield finding("mode-lost-in-subclass", row.path, "in %s" % call)


def of_overridden(result):
    """Findings for each place in a graph that holds a mode which the model's call overrides."""
    for one in sorted(result.passes, key=lambda one: one.call != "fit"):
        places = {}
        for seen in one.seen.values():
            for frame in [seen.frame, *seen.frame.ancestors()] if seen.reason.kind == "overridden" else []:
                if fixed_in_graph(frame) == seen.reason.fixed and bool(frame.told) != seen.reason.fixed:
                    places.setdefault(id(frame), (frame, []))[1].append(seen)
                    break
        for frame, inside in places.values():
            fixed = fixed_in_graph(frame)
            claim = (
                "baked-true-survives-outer-false"
                if fixed
                else "baked-false-survives-fit"
                if one.call == "fit"
                else "baked-false-survives-outer-true"
            )
            did, words = ("infers", "inference") if fixed else ("trains", "training")
            where = "training=%s; in %s, %d of %d layers with a mode ran in %s mode" % (
                fixed,
                one.call,
                sum(seen.did == did for seen in inside),
                len(inside),
                words,
            )
            yield finding("fixed-mode-overridden", one.paths[id(frame)], where, claim)


def behind_preprocessing(seen):
    """Whether a mode leaked from a layer whose signature's default is True, such as RandomFlip."""
    source = seen.reason.source if seen.reason.kind == "leak" else None
    if source is not None and signature_default(source) is True:
        return True
    return any(
        preprocessing_before(one) and one.parent is not None and seen.reason.kind == "graph" and seen.told
        for one in [seen.frame, *seen.frame.ancestors()]
        if one.parent is not None
    )


def in_functional(frame):
    """Whether a graph calls the layer."""
    return any(in_graph(one) for one in [frame, *frame.ancestors()])


def of_step(row, result):
    """Findings from what a layer did in `fit`."""
    seen, did = row.seen.get("fit"), row.calls.get("fit")
    if seen is None:
        return
    if did == "infers" and untold(seen):
        yield finding("fit-tells-no-mode", row.path)
    if did == "trains" and not row.trainable and not is_a(row.layer, "BatchNormalization"):
        yield finding("frozen-still-drops", row.path)
    unfrozen = is_a(row.layer, "BatchNormalization") and row.trainable and in_base(seen.frame)
    if did == "trains" and unfrozen and was_trained(seen.frame) and seen.reason.kind != "overridden":
        yield finding("unfrozen-normalization", row.path)


def untold(seen):
    """Whether nobody told the outermost call around a layer a mode."""
    root = [seen.frame, *seen.frame.ancestors()][-1]
    return root.passed is None and seen.reason.kind == "nothing"


def in_base(frame):
    """Whether a layer lies in a model that lies in another."""
    return sum(1 for one in frame.ancestors() if is_model(one.layer)) > 1


def was_trained(frame):
    """Whether the moving statistics of a BatchNormalization were other than new before the call."""
    import numpy as np

    if frame.recorded is None:
        return False
    layer = frame.layer
    before = {id(variable): value for variable, value in frame.recorded.before}
    held = [(layer.moving_mean, 0.0), (layer.moving_variance, 1.0)]
    pairs = [(before.get(id(getattr(one, "_value", one))), new) for one, new in held]
    return any(value is not None and not np.all(value == new) for value, new in pairs)


def of_containers(model):
    """Containers that say trainable while everything inside them is frozen."""
    for outer in all_layers(model):
        inner = [layer for layer in all_layers(outer) if layer.weights and not layers_inside(layer)]
        if len(inner) and outer.trainable and not any(layer.trainable for layer in inner):
            yield finding("trainable-reached-nothing", outer.name)


def of_flags(model, changed):
    """Layers whose flag was changed after compile."""
    for layer in all_layers(model):
        if id(layer) in changed and (layer.weights or has_mode(layer)) and not layers_inside(layer):
            yield finding("trainable-changed-after-compile", layer.name)
