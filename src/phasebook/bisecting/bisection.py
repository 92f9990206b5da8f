"""From two columns to two neighbouring builds: the package that changed, its releases, then its nightlies."""

from msgspec import Struct

from phasebook.bisecting import builds, search
from phasebook.bisecting.bench import Bench, Step
from phasebook.bisecting.builds import Build
from phasebook.bisecting.turns import Turn, outcome, seen
from phasebook.environments.listing import Listed
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.messages import Say
from phasebook.running.timings import in_words

FIRST_GUESS = 10.0  # seconds of a step, until one was made


class Answer(Struct, frozen=True):
    """The last build that is as before and the first that is as after, with what was seen in both."""

    last: Build
    first: Build
    last_step: Step
    first_step: Step

    @property
    def builds(self) -> tuple[Build, Build]:
        """Both builds."""
        return self.last, self.first


class Bisection:
    """One case between two columns; `tell` gets a line for each step and each finding."""

    def __init__(self, bench: Bench, turn: Turn, tell: Say) -> None:
        self.bench, self.turn, self.tell = bench, turn, tell
        self.before, self.after = bench.columns[turn.before], bench.columns[turn.after]
        self.words: tuple[str, str] = ("", "")  # how the case came out before and after
        self.taken: list[float] = []  # seconds of the steps made
        self.ahead = 0  # about how many more steps

    def answer(self) -> Answer:
        """Bisect; raises Problem where the ends, run afresh, agree or differ from what is recorded."""
        package, fixed = self._package()
        found = builds.releases(self.before, self.after, package, fixed)
        self.words = self._ends(found[0], found[-1])
        last, first = self._halve(found, 0, len(found) - 1, "releases")
        last, first = self._through_nightlies(last, first, fixed)
        return Answer(last, first, self._fresh(last, 0), self._fresh(first, 1))

    def step(self, build: Build, *, fresh: bool = False) -> Step:
        """How a build came out, told; what is recorded costs nothing, unless it is to be `fresh`."""
        self.ahead = max(0, self.ahead - 1)
        known = self.bench.known(build)
        if known is not None and (known.fresh or not fresh):
            self.tell(f"{build.words}: {self._came_out(known)} (known)")
            return known
        step = self.bench.run(build)
        self.taken.append(step.seconds)
        left = f"; about {_steps(self.ahead)}, {in_words(self.ahead * self.pace)} left" if self.ahead else ""
        self.tell(f"{build.words}: {self._came_out(step)} ({step.seconds:.0f} s{left})")
        return step

    @property
    def pace(self) -> float:
        """Seconds that a step takes."""
        return sum(self.taken) / len(self.taken) if self.taken else FIRST_GUESS

    def word(self, step: Step) -> str | None:
        """How the case came out in a step, None where it cannot be told."""
        return outcome(step.settled[self.turn.claim], self.turn.case)

    def _came_out(self, step: Step) -> str:
        settled = step.settled[self.turn.claim]
        word, what = self.word(step), seen(settled, self.turn.case)
        if word is None:
            return f"cannot be told, skipped: {what}"
        return word if what == word else f"{word} ({what})"

    def _package(self) -> tuple[str, Environment]:
        """The package that changed it, and the column that the other one is taken from."""
        before, after = self.before, self.after
        if not builds.crosses(before, after):
            same_tensorflow = before.tensorflow == after.tensorflow
            three = after.flavour == "keras-3" and (same_tensorflow or before.flavour == "tf.keras")
            return ("keras" if three else "tensorflow"), after
        self.tell(
            f"{before.name} and {after.name} differ in TensorFlow and in Keras: each is tried with the other"
        )
        wanted = outcome(self._recorded(after).settled[self.turn.claim], self.turn.case)
        with_new_keras = builds.with_keras(before, Listed(after.keras, after.released))
        if self.word(self.step(with_new_keras)) == wanted:
            self.tell(
                f"Keras changed it: the older TensorFlow {before.tensorflow} does the same with the newer Keras"
            )
            return "keras", before
        with_new_tensorflow = builds.with_tensorflow(before, Listed(after.tensorflow, after.released))
        if self.word(self.step(with_new_tensorflow)) == wanted:
            self.tell(f"TensorFlow changed it: Keras {before.keras} does the same with the newer TensorFlow")
            return "tensorflow", before
        self.tell("Neither alone was seen to change it: Keras is bisected with the newer TensorFlow")
        return "keras", after

    def _recorded(self, column: Environment) -> Step:
        package = "keras" if column.flavour == "keras-3" else "tensorflow"
        step = self.bench.known(builds.of_column(column, package))
        if step is None:
            raise Problem(f"{column.name} has no result yet; run: make report TF={column.name}", 1)
        return step

    def _ends(self, last: Build, first: Build) -> tuple[str, str]:
        """How the case came out at both ends; raises Problem where they agree or one cannot be told."""
        self.bench.look_ahead([last, first])
        steps = [self.step(build) for build in (last, first)]
        words = [self.word(step) for step in steps]
        for build, step in zip((last, first), steps, strict=True):
            self._refuse_untold(build, step)
        if words[0] == words[1]:
            raise Problem(f"{last.words} and {first.words} agree ({words[0]}): nothing to bisect between them", 1)
        return str(words[0]), str(words[1])

    def _turned(self, build: Build) -> bool | None:
        """Whether a build is as after; None where it cannot be told, or came out in a third way."""
        word = self.word(self.step(build))
        return None if word not in self.words else word == self.words[1]

    def _halve(self, found: list[Build], last: int, first: int, what: str) -> tuple[Build, Build]:
        """The two neighbours between which it turned, with word of all that was skipped or contradicts."""
        between = first - last - 1
        self.ahead = search.steps(between)
        if between:
            ends = f"{found[last].words} and {found[first].words}"
            self.tell(f"{between} {what} between {ends}: about {_steps(self.ahead)}")
        known = {last, first}

        def turned(place: int) -> bool | None:
            known.add(place)
            return self._turned(found[place])

        def ahead(places: list[int]) -> None:
            self.bench.look_ahead([found[place] for place in places])

        narrowed = search.narrow(last, first, turned, ahead)
        for place in narrowed.unknown:
            self.tell(f"skipped, between them: {found[place].words}")
        if narrowed.untried:
            self.tell(f"not tried, among the skipped ones: {narrowed.untried}")
        for place in search.samples(narrowed.last, narrowed.first, known):
            self.ahead = 1
            if turned(place) not in (None, place >= narrowed.first):
                self.tell(
                    f"it turned more than once: {found[place].words} contradicts; this is one of the changes"
                )
        return found[narrowed.last], found[narrowed.first]

    def _through_nightlies(self, last: Build, first: Build, fixed: Environment) -> tuple[Build, Build]:
        """The two neighbouring nightlies, where the index has them; else the two as they are."""
        if builds.kind(last) != builds.kind(first):
            self.tell(f"{last.words} and {first.words} are two packages: there are no nightlies between them")
            return last, first
        found, start, end = builds.nightlies(last, first, fixed)
        if not 0 <= start < end < len(found):
            oldest = f": its oldest is of {found[0].released}" if found else ""
            self.tell(f"the index no longer has the nightlies between {last.words} and {first.words}{oldest}")
            return last, first

        def turned(place: int) -> bool | None:
            return self._turned(found[place])

        lower = search.find_end(start, end, len(found), False, turned)
        upper = search.find_end(end, start, len(found), True, turned)
        if lower is None or upper is None or lower >= upper:
            self.tell("the nightlies around the two releases do not show the change")
            return last, first
        return self._halve(found, lower, upper, "nightlies")

    def _fresh(self, build: Build, side: int) -> Step:
        """A fresh run of a build that decides; raises Problem where it does not agree with what was recorded."""
        self.ahead = 0
        step = self.step(build, fresh=True)
        self._refuse_untold(build, step)
        if self.word(step) != self.words[side]:
            raise Problem(
                f"{build.words}: {self.words[side]} is recorded, but a fresh run says: {self._came_out(step)}; "
                "run its column again", 1
            )  # fmt: skip
        return step

    def _refuse_untold(self, build: Build, step: Step) -> None:
        """Raise Problem where an end cannot be told, for instance a nightly that the index has dropped."""
        if self.word(step) is None:
            reason = seen(step.settled[self.turn.claim], self.turn.case)
            raise Problem(f"{build.words} cannot be told: {reason}; name other columns", 1)


def plan(bisection: Bisection) -> list[str]:
    """What a bisection would do, in lines, without running anything."""
    before, after = bisection.before, bisection.after
    package = "keras" if after.flavour == "keras-3" and before.keras != after.keras else "tensorflow"
    lines = []
    if builds.crosses(before, after):
        lines.append("1 or 2 steps tell whether Keras or TensorFlow changed it; this plan supposes Keras")
    fixed = before if builds.crosses(before, after) else after
    found = builds.releases(before, after, package, fixed)
    lines.append(_planned(found[1:-1], "releases", found[0], found[-1]))
    if builds.kind(found[0]) == builds.kind(found[-1]):
        nightly, start, end = builds.nightlies(found[0], found[-1], fixed)
        inside = nightly[max(0, start) : end + 1] if start >= 0 else []
        lines.append(_planned(inside, "nightlies", found[0], found[-1]))
    lines.append(
        f"a step takes about {in_words(bisection.pace)}, besides downloads; both ends are run afresh in the end"
    )
    return lines


def _planned(found: list[Build], what: str, last: Build, first: Build) -> str:
    between = f"between {last.words} and {first.words}"
    return f"{len(found)} {what} {between}" + (f": about {_steps(search.steps(len(found)))}" if found else "")


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"
