"""Entries of a calendar as a CalDAV server gives them; one is gone."""

from tests.sources.calendar import END, HEAD, SERIES, WHOLE, ZONE

SETTINGS = {"url": "https://dav.example.org/ann/meetings/", "user": "ann", "owner": "ann@example.org", "timezone": "Europe/Berlin"}

RAWS = (
    ("/ann/meetings/weekly.ics", "calendar", HEAD + ZONE + SERIES + END),
    ("/ann/meetings/day.ics", "calendar", HEAD + WHOLE + END),
    ("/ann/meetings/gone.ics", "calendar", b""),
)
