"""The engine: probes, the wire, workers, the nursery that forks them, and the judges."""
