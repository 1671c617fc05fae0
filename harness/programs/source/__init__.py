"""The user's files as code to run, and where each line of it is."""
