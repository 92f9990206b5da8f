"""A result as text for a terminal and as HTML for a notebook; rows that are alike are folded into one."""

import html as escaping
import shutil

from layermodes.running import CALLS

STAR = "* not the mode that the call and `trainable` let expect"


def folded(rows):
    """Groups of neighbouring rows with the same container, class, flag and calls, as lists."""
    groups = {}
    for row in rows:
        holder = row.path.rpartition("/")[0]
        key = (
            holder.split("/")[0],
            row.name,
            row.trainable,
            tuple(sorted(row.calls.items())),
            tuple(sorted(row.why.items())),
        )
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def label(group):
    """What stands for a group: a path, or a number, a class and the container."""
    if len(group) == 1:
        return "%s (%s)" % (group[0].path, group[0].name)
    holder = group[0].path.rpartition("/")[0].split("/")[0]
    return "%d %s%s" % (len(group), group[0].name, " in " + holder if holder else "")


def short(said):
    """A call's sentence as it fits into a column."""
    return "cannot tell" if said.startswith("cannot tell") else said


def told(row, call):
    """The same of one row, with a star where the call and the flag let expect the other mode."""
    said = short(row.calls.get(call, ""))
    return said + "*" if said in ("trains", "infers") and said != row.expected(call) else said


def moved(group):
    """What the weights of a group did in the step."""
    values = {row.weights_moved for row in group}
    if values == {None}:
        return "-"
    return {(True,): "moved", (False,): "unmoved"}.get(tuple(values - {None}), "some moved")


def table(result):
    """The table as lists of texts, a line for each group, below a line of heads."""
    head = ["layer", "trainable", *CALLS, "weights in fit"]
    return [head] + [
        [label(group), "yes" if group[0].trainable else "frozen"]
        + [told(group[0], call) for call in CALLS]
        + [moved(group)]
        for group in folded(result.rows)
    ]


def starred(result):
    """What the star means, where the table has one; else nothing."""
    return STAR if any(told(row, call).endswith("*") for row in result.rows for call in CALLS) else ""


def text(result):
    """The table for a terminal, with the reasons and findings below it."""
    groups, lines = folded(result.rows), table(result)
    widths = [max(map(len, column)) for column in zip(*lines)]
    out = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    out.insert(1, "-" * min(len(out[0]), shutil.get_terminal_size((120, 24)).columns))
    out += [starred(result)] if starred(result) else []
    if not result.rows:
        out = ["No layer of this model behaves differently in training and in inference mode."]
    notes = ["  %s, %s: %s" % note for group in groups for note in notes_of(group)]
    out += ["", "Why:", *notes] if notes else []
    if result.findings:
        out += ["", "Findings:", *("  " + line for line in finding_lines(result.findings))]
    versions = result.versions
    return "\n".join([*out, "", count(result.rows), "TensorFlow %(tensorflow)s, Keras %(keras)s" % versions])


def notes_of(group):
    """(label, calls, reason) for a group: calls with the same reason in one line."""
    by_reason = {}
    row = group[0]
    for call in CALLS:
        said = row.calls.get(call, "")
        reason = said if said.startswith("cannot tell") else row.why.get(call)
        if reason:
            by_reason.setdefault(reason, []).append(call)
    return [(label(group), ", ".join(calls), reason) for reason, calls in by_reason.items()]


def finding_lines(findings):
    """Findings for a terminal, one line for each text: the places where it holds are counted."""
    places = {}
    for finding in findings:
        places.setdefault((finding.rule, finding.text, finding.claim), []).append(finding.path)
    for (rule, said, claim), paths in places.items():
        where = paths[0] if len(paths) == 1 else "%s and %d more" % (paths[0], len(paths) - 1)
        yield "%s: %s: %s%s" % (rule, where, said, " [%s]" % claim if claim else "")


def count(rows):
    """How many layers did what in `fit`, or in a plain call where there is no step."""
    call = "fit" if any(row.calls.get("fit", "") in ("trains", "infers") for row in rows) else "none"
    numbers = {}
    for row in rows:
        said = short(row.calls.get(call, "not told"))
        numbers[said] = numbers.get(said, 0) + 1
    parts = ", ".join("%d %s" % (number, said) for said, number in sorted(numbers.items()))
    return "%d layers with a mode%s" % (len(rows), "; in %s: %s" % (call, parts) if parts else "")


def html(result):
    """The same table as HTML, with the reasons as titles of the cells."""

    def cell(tag, said, title=""):
        attribute = ' title="%s"' % escaping.escape(title, quote=True) if title else ""
        return "<%s%s>%s</%s>" % (tag, attribute, escaping.escape(said), tag)

    head = "".join(cell("th", name) for name in ["layer", "trainable", *CALLS, "weights in fit"])
    body = []
    for group in folded(result.rows):
        row = group[0]
        cells = [cell("td", label(group)), cell("td", "yes" if row.trainable else "frozen")]
        for call in CALLS:
            said = row.calls.get(call, "")
            cells.append(cell("td", told(row, call), row.why.get(call) or said))
        body.append("<tr>%s</tr>" % "".join([*cells, cell("td", moved(group))]))
    notes = "".join(cell("li", "%s, %s: %s" % note) for group in folded(result.rows) for note in notes_of(group))
    found = "".join(cell("li", line) for line in finding_lines(result.findings))
    return (
        "<table><thead><tr>%s</tr></thead><tbody>%s</tbody></table>" % (head, "".join(body))
        + ("<p>%s</p>" % escaping.escape(starred(result)) if starred(result) else "")
        + ("<p>Why</p><ul>%s</ul>" % notes if notes else "")
        + ("<p>Findings</p><ul>%s</ul>" % found if found else "")
        + "<p>%s</p>" % escaping.escape(count(result.rows))
    )
