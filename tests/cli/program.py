"""The program as tests use it: in this process, with a home of its own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from aigw.cli.options import Common
from aigw.cli.root import app
from aigw.cli.session import Session
from tests.world import SEEN

NO_DOCKER = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
"""So that no test asks the Docker engine of the tester's machine for an image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended, and what it said.

    `seen` says whether it warned of a key on the command line; that line is not in `err`, for most
    tests give keys so.
    """

    code: int
    out: str
    err: str
    seen: bool = False

    def json(self) -> dict[str, object]:
        """Read stdout as the one JSON object that it is."""
        tree = json.loads(self.out)
        assert isinstance(tree, dict)
        return tree

    def error(self) -> dict[str, str]:
        """Read stderr as the one JSON error that it is."""
        tree = json.loads(self.err)
        error = tree["error"]
        assert list(tree) == ["error"]
        assert isinstance(error, dict)
        return error


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Runs commands over one home; `environ` is all the environment they see of ours."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The data folder of the default gateway."""
        return self.home / "gateways" / "higress-ai-gateway"

    def __call__(
        self,
        *arguments: str,
        stdin: str | bytes = "",
        environ: Mapping[str, str] | None = None,
        session: Callable[[Common], Session] | None = None,
    ) -> Said:
        """Run a command to its end; `session` makes another than the real one."""
        result = CliRunner().invoke(
            app,
            list(arguments),
            input=stdin,
            env={"AIGW_HOME": str(self.home), **NO_DOCKER, **self.environ, **(environ or {})},
            prog_name="aigw",
            obj=session,
        )
        err = SEEN.sub("", result.stderr)
        return Said(code=result.exit_code, out=result.stdout, err=err, seen=err != result.stderr)
