"""Lines of shell as a person pastes them, on a machine of the tests."""

import shlex
import subprocess

from tests.world import PATIENCE, Ended, Machine

PRELUDE = """
aigw() {
  case "${1-} ${2-}" in
    "config add") %(program)s "$@" --no-check ;; # no test asks a provider on the network
    *) %(program)s "$@" ;;
  esac
}
jq() { cat; }
"""


def paste(machine: Machine, line: str) -> Ended:
    """Run one line to its end."""
    prelude = PRELUDE % {"program": shlex.join(machine.command())}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", prelude + line],
        env=machine.environ(),
        cwd=machine.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)
