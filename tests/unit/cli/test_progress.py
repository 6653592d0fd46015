"""Signs of life while something is waited for."""

import dis
import io
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from aigw.cli import progress
from aigw.cli.progress import CLEAR, Waits
from tests.waiting import until

STEPPED = ("progress.py", "threading.py", "contextlib.py")
"""Where Ctrl-C may come between two instructions while we wait."""

LOOKS = ("RESUME", "CALL", "CALL_FUNCTION_EX", "JUMP_BACKWARD")
SECONDS = 20.0
LEAST_PLACES = 30


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Interrupter:
    """Raises KeyboardInterrupt in one thread, at the `number`th place where Python looks for it.

    That is where a function begins, after a call, and at the end of a loop.
    """

    def __init__(self, number: int) -> None:
        self.left = number
        self.last: dict[FrameType, str] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - itself
        """Trace; for `sys.settrace`."""
        if not frame.f_code.co_filename.endswith(STEPPED):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            before = self.last.get(frame, "RESUME")
            self.last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if before in LOOKS:
                self.left -= 1
                if not self.left:
                    raise KeyboardInterrupt
        return self


def waited(number: int, ends: list[type[BaseException] | None]) -> None:
    """Wait for two things, and keep what became of who was interrupted at the `number`th place."""
    waits = Waits(io.StringIO(), shown=True)
    sys.settrace(Interrupter(number))
    try:
        with waits("the gateway"):
            with waits("its API server"):
                pass
            with waits("its console"):
                pass
        ends.append(None)
    except BaseException as error:
        ends.append(type(error))
    finally:
        sys.settrace(None)


def test_who_interrupts_a_wait_at_any_of_its_steps_is_let_go() -> None:
    ends: list[type[BaseException] | None] = [KeyboardInterrupt]
    while ends[-1] is KeyboardInterrupt:
        number = len(ends)
        thread = threading.Thread(target=waited, args=(number, ends), daemon=True)
        thread.start()
        thread.join(SECONDS)
        assert len(ends) > number, f"it hangs when it is interrupted at place {number}"
    assert ends[-1] is None
    assert len(ends) > LEAST_PLACES


def test_no_wheel_turns_beside_what_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "TURN", 0.001)
    stream = Terminal()
    waits = Waits(stream, shown=True)
    with waits("getting the image"):
        until(lambda: stream.getvalue().endswith("getting the image"))
        with waits(""):
            until(lambda: stream.getvalue().endswith(CLEAR))
