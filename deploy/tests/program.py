"""Programs of the system that tests need."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "program"


def program(name: str, package: str) -> str:
    """Where it is; Debian's package is installed where it is missing."""
    found = subprocess.run([SCRIPT, name, package], stdout=subprocess.PIPE, text=True)
    if found.returncode:
        sys.exit(found.returncode)
    return found.stdout.strip()
