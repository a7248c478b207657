"""The packet as PDF and Word, against the bare start of Python: `python benchmarks/packet.py [BOOK]`.

The sample book's packet is built once; then each format is rendered in this process, first and again (the first holds the
import of what only that format needs), and Python is started for nothing, in the same run.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from pathlib import Path

import bench
from muster import book as books
from muster import demo, project
from muster.model import Packet

TODAY = demo.SAMPLE_TODAY


def sample() -> Packet:
    """The packet of the sample book, or of the book named on the command line."""
    if len(sys.argv) > 1:
        return project.packet_of(project.open_book(books.read(Path(sys.argv[1])), today=TODAY))
    with tempfile.TemporaryDirectory() as folder:
        root = demo.load_maker().make_book(Path(folder) / "sample")
        return project.packet_of(project.open_book(books.read(root), today=TODAY))


def spent(packet: Packet, format_: str) -> tuple[float, float, bytes]:
    """Wall and CPU seconds of rendering it, and the bytes."""
    module = importlib.import_module(f"muster.packet.{format_}")
    wall, cpu = time.perf_counter(), time.process_time()
    content: bytes = module.render(packet)
    return time.perf_counter() - wall, time.process_time() - cpu, content


def main() -> None:
    """Print a line a format."""
    print(bench.header())
    start = min((bench.child([sys.executable, "-c", "pass"]) for _ in range(5)), key=lambda one: one.wall)
    print(f"python -c pass: {start.wall:.3f} s ({start.cpu:.3f})")
    packet = sample()
    for format_ in ("md", "html", "json", "pdf", "docx"):
        first, again = spent(packet, format_), spent(packet, format_)
        print(f"{format_:5} {len(first[2]):>9,} bytes; first {first[0]:.2f} s ({first[1]:.2f}), again {again[0]:.2f} s ({again[1]:.2f}), "
              f"{again[0] / start.wall:.1f} starts of Python; the same bytes: {first[2] == again[2]}")  # fmt: skip


if __name__ == "__main__":
    main()
