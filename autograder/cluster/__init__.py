"""Grading on many machines, by Dask: nodes run the same engine as one machine does, the driver keeps books."""
