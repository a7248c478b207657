"""How long `muster log "…"` takes, as a ratio to `python3 -c pass`: medians of 30 runs each, taken in turns.

    python benchmarks/log.py [RUNS]

Both use the same Python, with compiled files as an installation has them, and write to a book in the temporary folder. To
reach: 1.3 (DESIGN), and under 100 ms. Prints one line of JSON; exit 1 when it is not reached.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path


def main(runs: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book"
        book.mkdir()
        (book / "muster.toml").touch()
        # Compiled files are kept beside the book: a checkout may be read-only, or told to write none.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        script = Path(sysconfig.get_path("scripts")) / "muster"
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "muster": [str(script), "log", "Agreed the rollout with Payments, see acme/api#12"],
            "module": [sys.executable, "-m", "muster", "log", "Agreed the rollout with Payments, see acme/api#12"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for run in range(runs + 3):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, cwd=book, env=environment, stdout=subprocess.DEVNULL, check=True)
                if run >= 3:  # the first ones compile
                    taken[name].append(time.perf_counter() - began)
        median = {name: statistics.median(times) for name, times in taken.items()}
        lines = sum(path.read_text().count("\n- ") for path in (book / "log").iterdir())
        result = {
            "runs": runs,
            "python_ms": round(median["python"] * 1000, 2),
            "muster_ms": round(median["muster"] * 1000, 2),
            "module_ms": round(median["module"] * 1000, 2),
            "ratio": round(median["muster"] / median["python"], 3),
            "module_ratio": round(median["module"] / median["python"], 3),
            "lines_written": lines,
        }
    print(json.dumps(result))
    return 0 if result["ratio"] <= 1.3 and result["muster_ms"] < 100 and lines == 2 * (runs + 3) else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
