"""What each command of the command line prints and how it exits."""
