"""Wrong: takes the shape of the reference too."""

CAUGHT_BY = ()

def to_match(x, reference):
    return x.to(reference).expand_as(reference)
