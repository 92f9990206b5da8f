"""Notebooks through papermill to verdicts on disk: what is stale, running it, judging it, storing it."""
