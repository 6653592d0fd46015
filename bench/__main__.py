"""`python -m bench [quick] [PART ...]`: measure, keep the raw figures in `bench/results`."""

import json
import platform
import sys
from datetime import UTC, datetime

from bench import commands, higress, memory, reload, throughput
from bench.world import HERE


def _throughput(*, quick: bool) -> object:
    samples = throughput.run(rounds=2 if quick else 5, seconds=1 if quick else 3)
    return {"table": throughput.table(samples), "samples": samples}


PARTS = {
    "throughput": _throughput,
    "reload": lambda *, quick: reload.run(changes=20 if quick else 100),
    "commands": lambda *, quick: commands.run(runs=5 if quick else 15),
    "higress": lambda *, quick: higress.run(runs=3 if quick else 15),
    "memory": lambda *, quick: memory.run(count=200, waves=1 if quick else 4),
}


def main() -> None:
    """Run every measurement once, or those that are named, and keep what was seen."""
    quick = "quick" in sys.argv
    named = {*sys.argv[1:]} - {"quick"}
    results: dict[str, object] = {
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "processor": platform.machine(),
        },
        **{name: run(quick=quick) for name, run in PARTS.items() if not named or name in named},
    }
    at = HERE / "results" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    text = json.dumps(results, indent=1)
    at.write_text(text)
    sys.stdout.write(f"{text}\nraw figures: {at.relative_to(HERE.parent)}\n")


if __name__ == "__main__":
    main()
