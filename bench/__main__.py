"""`python -m bench [quick]`: measure, keep the raw figures in `bench/results`, print a summary."""

import json
import platform
import sys
from datetime import UTC, datetime

from bench import commands, higress, memory, reload, throughput
from bench.world import HERE


def main() -> None:
    """Run every measurement once and keep what was seen."""
    quick = "quick" in sys.argv
    samples = throughput.run(rounds=2 if quick else 5, seconds=1 if quick else 3)
    results = {
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "processor": platform.machine(),
        },
        "throughput": throughput.table(samples),
        "reload": reload.run(changes=20 if quick else 100),
        "commands": commands.run(runs=5 if quick else 15),
        "higress": higress.run(runs=3 if quick else 15),
        "memory": memory.run(count=200, waves=1 if quick else 4),
        "samples": samples,
    }
    at = HERE / "results" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    at.write_text(json.dumps(results, indent=1))
    shown = {key: value for key, value in results.items() if key != "samples"}
    sys.stdout.write(
        json.dumps(shown, indent=1) + f"\nraw figures: {at.relative_to(HERE.parent)}\n"
    )


if __name__ == "__main__":
    main()
