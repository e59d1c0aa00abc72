"""Credentials for one run: nodes that we start ourselves know the scheduler, and nobody else can talk to either.

Without them, every user of this machine (and of the network, with SLURM) could have code run as the grader.
"""

from __future__ import annotations

import re
import subprocess

from autograder.errors import ClusterError

_OPENSSL = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 30 "
    "-subj /CN=autograder-run -keyout /dev/stdout -out /dev/stdout"
)
_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----\n.*?-----END \1-----\n", re.DOTALL)
_SECONDS = 60.0


def fresh_certificate() -> tuple[str, str]:
    """A self-signed certificate and its key, as PEM texts. It is its own authority: it vouches for nobody else.

    Raises:
        ClusterError: the program openssl is not here.
    """
    try:
        done = subprocess.run(_OPENSSL.split(), capture_output=True, text=True, timeout=_SECONDS, check=True)
        blocks = {match[1].split()[-1]: match[0] for match in _BLOCK.finditer(done.stdout)}
        return blocks["CERTIFICATE"], blocks["KEY"]
    except (OSError, subprocess.SubprocessError, KeyError):
        raise ClusterError(
            "a cluster of our own needs certificates, made by the program openssl; install it (apt install openssl)"
        ) from None
