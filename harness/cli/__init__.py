"""The command line. It knows the flags and owns no logic."""
