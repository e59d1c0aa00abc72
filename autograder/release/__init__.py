"""What students receive, built from assignments/ and solutions/ alone.

``stub`` turns a marked solution into a stub, ``student`` puts the folder together, ``leaks`` refuses what would give
the answers away, ``cli`` is the command. Other artefacts (notebook, Gradescope bundle, …) belong beside ``student``.
"""
