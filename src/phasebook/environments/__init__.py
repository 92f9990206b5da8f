"""A release to a lock, a lock to an installed Python."""
