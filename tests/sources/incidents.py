"""Invented incident reviews for the contract test: pages of several forms, and a table."""

SETTINGS = {"paths": ["keep/reviews", "keep/incidents.csv"], "zone": "Europe/Oslo"}

FILES = {
    "keep/reviews/2026-02-17-locks.md": b"---\ntitle: Deploys stopped\nauthor: ann@example.org\nstarted: 2026-02-17T09:10:00Z\nresolved: 2026-02-17T11:00:00+01:00\n"
                                        b"service: deploy\nseverity: high\nresponders: \"@bob\", Cyd Chase\n---\n\nThe lock was never let go.\n",
    "keep/reviews/queue.md": b"# The queue never drained\n\n| Field | Value |\n|---|---|\n| Date | 2026-03-01 |\n| Authors | Dee Dorn |\n| Service | queue, search |\n",
    "keep/reviews/pages.md": b"# Pages\n\n## Timeline\n\nAll times in UTC.\n\n| Time | What |\n|---|---|\n| 2026-04-02 03:10 | First page |\n",
    "keep/incidents.csv": b"id,title,started,resolved,service,responders\nINC-7,Checkout failed,2026-05-01 10:00,2026-05-01 10:40,checkout,\"@ann, bob@example.org\"\n",
}  # fmt: skip
