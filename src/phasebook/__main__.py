"""`python -m phasebook`, as the Makefile calls it."""

from phasebook.cli import main

main()
