"""The text with which a reader can ask an article's author for a correction."""

from phasebook.project.claims import Claim
from phasebook.report.facts import Facts
from phasebook.report.text import without_marks


def correction(facts: Facts, claim: Claim) -> str:
    """A text to paste for a claim that fails or is unavailable somewhere; empty for all others."""
    strip = facts.strip(claim.id)
    if not claim.articles or not {"fails", "unavailable"} & {verdict for verdict, _ in strip}:
        return ""
    sources = [facts.articles[article] for article in claim.articles]
    cited = "; ".join(f"“{source.title}”" + (f" ({source.date})" if source.date else "") for source in sources)
    parts = [f"About {cited}", f"Claim: {without_marks(claim.title)}.", "What was measured:"]
    for evidence in facts.evidence(claim.id):
        settled = evidence.settled
        if settled.verdict == "error":
            continue
        against = next((case for case in settled.cases if not case.holds), None)
        seen = f"{against.case}: {against.observed}" if against else settled.reason
        parts.append(f"- {settled.verdict} in {evidence.where}" + (f" ({without_marks(seen)})" if seen else ""))
    newest = facts.newest
    ever = any(verdict == "holds" for verdict, _ in strip)
    parts.append(f"Since when: {facts.sentence(claim.id)}" if ever else "It held in no release that was tested.")
    if newest:
        parts.append(f"So as of {newest.words}, please say: {_advice(newest.verdict(claim.id), ever)}")
    if claim.instead and newest and newest.verdict(claim.id) == "fails":
        parts.append(f"What holds instead: {without_marks(claim.instead)}")
    parts.append(f"Evidence and code: Phasebook, claims/{claim.id}.html (notebook {claim.notebook}).")
    return "\n".join(parts)


def _advice(verdict: str, ever: bool) -> str:
    return {
        "holds": "this holds in current releases, but not in all; see above which.",
        "fails": "this no longer holds in current releases." if ever else "this does not hold.",
        "unavailable": "current releases no longer have this.",
    }.get(verdict, "this depends on the release.")
