"""What was graded, when, by what, and with which result: one SQLite file that outlives every run."""
