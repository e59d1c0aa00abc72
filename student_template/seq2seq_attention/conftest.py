"""Loads what the tests need; nothing to change here."""

pytest_plugins = ["autograder.plugin"]
