"""My exception is no Exception, and asking for its text, name or traceback raises again."""

EARNS = "4"
STOPPED_BY = "fail closed"
FOOLS = "batch"


class Meta(type):
    @property
    def __name__(cls):
        raise SystemExit(0)


class Nameless(BaseException, metaclass=Meta):
    __traceback__ = property(lambda self: 1 / 0)

    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__


def double(x):
    raise Nameless


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
