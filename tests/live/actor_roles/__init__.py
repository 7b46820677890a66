"""The roles of actors.py: a function each, whose arguments are those of the command line."""
