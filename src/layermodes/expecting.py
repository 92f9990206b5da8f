"""An assertion for tests: which layers run in which mode in one call."""

import fnmatch

from layermodes.flavours import InputError
from layermodes.result import modes
from layermodes.running import CALLS


def expect(model, x, expected, y=None, call="fit"):
    """Raise AssertionError, with the table, unless the layers did as `expected` in `call`; returns the result.

    `expected` maps patterns of paths ("base/*") to "trains" or "infers". A later pattern wins over an earlier
    one. A pattern that no layer with a mode matches is an error, too.
    """
    if call not in CALLS:
        raise InputError("call is %r; it is one of %s" % (call, ", ".join(CALLS)))
    for pattern, mode in expected.items():
        if mode not in ("trains", "infers"):
            raise InputError("%r is expected of %r; a mode is 'trains' or 'infers'" % (mode, pattern))
    result = modes(model, x, y)
    wrong, wanted = [], {}
    for pattern, mode in expected.items():
        matched = [row for row in result.rows if fnmatch.fnmatchcase(row.path, pattern)]
        if not matched:
            wrong.append("%s: no layer with a mode has such a path" % pattern)
        wanted.update((row.path, mode) for row in matched)
    for row in result.rows:
        if row.path in wanted and row.calls.get(call) != wanted[row.path]:
            because = " (%s)" % row.why[call] if call in row.why else ""
            wrong.append(
                "%s: expected %s in %s, it %s%s"
                % (row.path, wanted[row.path], call, row.calls.get(call, "was not called"), because)
            )
    if wrong:
        raise AssertionError("%s\n\n%s" % ("\n".join(wrong), result))
    return result
