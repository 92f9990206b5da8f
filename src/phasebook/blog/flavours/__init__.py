"""One file for each blog generator."""
