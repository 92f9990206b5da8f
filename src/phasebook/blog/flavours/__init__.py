"""One file for each blog generator; phasebook.blog knows them by name."""
