"""Invented pages for the contract test: one of each layout."""

SETTINGS = {"folders": ["keep/decisions", "keep/rfcs", "keep/keps", "keep/peps"]}

FILES = {
    "keep/decisions/0001-one-queue.md": b"---\nstatus: accepted\ndate: 2026-02-03\ndeciders: Ann Arbor, @bob\n---\n# One queue for each service\n\n## Context\n\nOne lock.\n",
    "keep/decisions/0002-old-form.md": b"# 2. Old form\n\nDate: 2025-11-04\n\n## Status\n\nAccepted 2025-11-10\n\nSuperseded 2026-01-05 by 1\n",
    "keep/rfcs/0007-retry-budget.md": b"- Feature Name: retry budget\n- Start Date: 2025-08-11\n- Author: Ann Arbor <ann@example.org>\n\n## Summary\n\nOne budget.\n",
    "keep/keps/1287-drain/kep.yaml": b"title: Drain before a restart\nauthors:\n  - \"@annar\"\n  - \"@bob\"\nstatus: implementable\ncreation-date: 2026-03-02\n",
    "keep/keps/1287-drain/README.md": b"# KEP-1287: Drain\n\n## Implementation History\n\n- 2026-03-02: proposed\n- 2026-03-20: KEP marked as implementable\n- 2026-04-01: implemented the first part\n",
    "keep/peps/pep-0008.rst": b"PEP: 8\nTitle: Style\nAuthor: Cyd Chase <cyd at example.org>,\n        Dee Dorn <dee@example.org>\nStatus: Rejected\nCreated: 05-Jul-2025\n"
                              b"Resolution: `14-Sep-2025 <https://example.org/1>`__\n\nAbstract\n========\n\nx\n",
}  # fmt: skip
