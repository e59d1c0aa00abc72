"""What students and graders receive, built from assignments/ and solutions/ alone.

``stub`` turns a marked solution into a stub; ``student``, ``notebook``, ``gradescope`` and ``otter`` put one artefact
together each; ``build`` makes archives of them, ``leaks`` refuses what would give the answers away, ``check`` tries the
result as a student would, ``writing`` writes all of it or nothing. ``diff`` tells what changed since a release,
``scaffold`` starts a new assignment. ``cli`` and ``command`` are the command.
"""
