"""Which submissions of a class are more alike than chance explains, and where: for people to look at, not a verdict."""
