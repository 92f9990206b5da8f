"""An installed Python to a running kernel."""
