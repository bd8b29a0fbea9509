"""Programs of the system that tests need, and what one of them makes."""

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


def certificate(host: str, folder: Path, name: str) -> None:
    """`NAME.crt` and `NAME.key` in the folder, which vouch for themselves."""
    openssl = program("openssl", "openssl")
    made = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={host}", *made], check=True, capture_output=True
    )
