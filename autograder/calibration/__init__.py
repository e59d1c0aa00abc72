"""Bars that mean something: right and wrong submissions trained over many seeds, and what follows from it."""
