"""Start, watch and end other programs: the only user of `subprocess`."""

import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from msgspec import Struct

ENVIRONMENT: Final = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONPATH",
    "TMPDIR",
    "TZ",
    "XDG_RUNTIME_DIR",
)
"""All that a child gets of the user's environment: keys are often kept there."""

KEPT_FILE: Final = 3
"""The number under which a child has the file that was kept open for it."""

_POLL_SECONDS = 0.02
_GONE = ("", "Z", "X")


class Identity(Struct, frozen=True, kw_only=True):
    """One process and no later one of the same pid; `started` is opaque."""

    pid: int
    started: str


class Finished(Struct, frozen=True, kw_only=True):
    """How a program ended: its exit code (-1: it had to be stopped), stdout and stderr together."""

    code: int
    output: str


def minimal_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep only what a child of ours may know."""
    return {name: environ[name] for name in ENVIRONMENT if name in environ}


def launch(
    command: Sequence[str], *, log: Path, environ: Mapping[str, str], keep: int | None = None
) -> Identity:
    """Start a program in a session of its own, its output appended to the file `log`.

    `keep` is an open file that the child has too, as `KEPT_FILE`, so that it shares its lock.
    `OSError` when the program cannot be run or the log not be written.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    actions: list[tuple[object, ...]] = [
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, output, 2),
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    ]
    if keep is not None:
        actions.append((os.POSIX_SPAWN_DUP2, keep, KEPT_FILE))
    try:
        pid = os.posix_spawn(
            command[0],
            list(command),
            minimal_environment(environ),
            file_actions=actions,
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGPIPE,),
        )
    finally:
        os.close(output)
    return Identity(pid=pid, started=_look(pid)[1])


def identify(pid: int) -> Identity | None:
    """Return who has this pid now; a process that only waits to be reaped is nobody."""
    state, started = _look(pid)
    return None if state in _GONE else Identity(pid=pid, started=started)


def alive(process: Identity) -> bool:
    """Say whether this very process still runs."""
    return identify(process.pid) == process


def surroundings() -> str:
    """Name those whose processes this one can look at: of one boot, pid namespace and user.

    Where it is the same for two processes, `alive` can be asked of each by the other.
    """
    space = Path()
    with suppress(OSError):
        space = Path("/proc/self/ns/pid").readlink()
    return f"{_boot() or os.uname().nodename} {space} {os.getuid()}"


def send(process: Identity, number: signal.Signals) -> bool:
    """Send a signal to this very process; False when it is gone."""
    try:
        handle = _open(process.pid)
        try:
            if not alive(process):
                return False
            if handle is None:
                os.kill(process.pid, number)
            else:
                signal.pidfd_send_signal(handle, number)
        finally:
            if handle is not None:
                os.close(handle)
    except ProcessLookupError:
        return False
    return True


def wait_for_exit(process: Identity, *, seconds: float) -> bool:
    """Wait until a process, child of ours or not, has ended; False when it still runs then."""
    try:
        handle = _open(process.pid)
    except ProcessLookupError:
        return True
    if handle is None:
        return _poll_for_exit(process, seconds)
    try:
        if _look(process.pid)[1] != process.started:
            return True
        # Not `alive`: the first thread of a process is gone before the others let go of its files.
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(handle)


def reap(process: Identity) -> str:
    """Say how a child of ours ended (`exit code 1`, `signal 9`); empty for any other process."""
    with suppress(ChildProcessError):
        pid, status = os.waitpid(process.pid, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
            return f"signal {-code}" if code < 0 else f"exit code {code}"
    return ""


def end(process: Identity, *, seconds: float) -> None:
    """Ask a process to end, and end it when it still runs after `seconds`."""
    if send(process, signal.SIGTERM) and not wait_for_exit(process, seconds=seconds):
        send(process, signal.SIGKILL)
        wait_for_exit(process, seconds=seconds)
    reap(process)


def hold(path: Path) -> int | None:
    """Lock a file for as long as the returned descriptor, or a child's copy of it, is open.

    None when another process holds it; `OSError` when it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def held(path: Path) -> bool:
    """Say whether a process holds the lock of that file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def become(command: Sequence[str], *, environ: Mapping[str, str]) -> NoReturn:
    """Turn this process into another program."""
    os.execve(command[0], list(command), minimal_environment(environ))


def capture(command: Sequence[str], *, environ: Mapping[str, str], seconds: float) -> Finished:
    """Run a program to its end, for at most `seconds`; `OSError` when it cannot be run."""
    try:
        done = subprocess.run(
            command,
            env=minimal_environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=seconds,
            umask=0o077,
        )
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b"").decode(errors="replace")
        return Finished(code=-1, output=f"{said}stopped after {seconds:g} s")
    return Finished(code=done.returncode, output=done.stdout.decode(errors="replace"))


def _open(pid: int) -> int | None:
    """Open a handle that no later process of the same pid takes over; None where there is none."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:
        return None


def _poll_for_exit(process: Identity, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _look(pid: int) -> tuple[str, str]:
    """Return the state letter of a pid (empty: nobody has it) and when it was started.

    On Linux that is the boot and field 22 of /proc/PID/stat, ticks since boot (proc(5)): a change
    of the clock does not move it, as it would psutil's `create_time()`.
    """
    boot = _boot()
    if not boot:
        return _ask_psutil(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    return fields[0].decode(), f"{boot}/{fields[19].decode()}"


def _boot() -> str:
    """Return the id of this boot; empty where there is no /proc."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _ask_psutil(pid: int) -> tuple[str, str]:
    import psutil  # late: only where there is no /proc, and it takes 20 ms

    try:
        process = psutil.Process(pid)
        state = "Z" if process.status() == psutil.STATUS_ZOMBIE else "R"
        return state, str(process.create_time())
    except psutil.NoSuchProcess:
        return "", ""
