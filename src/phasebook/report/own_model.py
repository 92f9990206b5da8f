"""What the page "Your own model" shows: the model's code and, column by column, what layermodes said of it."""

from typing import Any

from phasebook.history.wording import label
from phasebook.project import own_model
from phasebook.project.environments import Environment
from phasebook.project.rules import load_rules
from phasebook.report.facts import Facts


def content(facts: Facts) -> dict[str, Any]:
    """The values of the page's template."""
    folders = facts.folders
    there = (folders.own_model / "model.py").is_file()
    runs = [_shown(facts, facts.environments[name]) for name in own_model.COLUMNS if name in facts.environments]
    return {"source": own_model.model_source(folders) if there else "", "runs": [run for run in runs if run]}


def _shown(facts: Facts, environment: Environment) -> dict[str, Any] | None:
    """One run; None where it was not made."""
    run = own_model.load_run(facts.folders, environment.name)
    if run is None:
        return None
    rules = {rule.id: rule for rule in load_rules(facts.folders)}
    return {
        "name": environment.name,
        "title": label(environment),
        "said": run.said,
        "stale": own_model.stale(facts.folders, environment, run),
        "findings": [(one, rules[one.rule]) for one in run.said.findings if one.rule in rules],
    }
