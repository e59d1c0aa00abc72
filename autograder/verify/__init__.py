"""Proving an assignment before students meet it: ``autograder verify``."""
