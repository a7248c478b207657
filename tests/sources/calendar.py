"""A calendar with a series, an exception to it, a private entry and one of a whole day."""

SETTINGS = {"paths": ["keep/work.ics"], "owner": "ann@example.org", "timezone": "Europe/Berlin"}

HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Calendar//EN\r\n"
ZONE = (
    b"BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\n"
    b"TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)
PEOPLE = (
    b"ORGANIZER;CN=Bob Brink:mailto:Bob@example.org\r\n"
    b"ATTENDEE;CN=Ann Arbor;PARTSTAT=%s:mailto:ann@example.org\r\n"
    b"ATTENDEE;CN=Cyd Chase;PARTSTAT=TENTATIVE:mailto:cyd@example.org\r\n"
    b"ATTENDEE;CN=Room 4;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room4@example.org\r\n"
)
SERIES = (
    b"BEGIN:VEVENT\r\nUID:weekly@example.org\r\nDTSTAMP:20260401T000000Z\r\nCREATED:20260220T100000Z\r\n"
    b"DTSTART;TZID=Office:20260302T100000\r\nDTEND;TZID=Office:20260302T104500\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\n"
    b"SUMMARY:Deploys\\, weekly\r\nDESCRIPTION:What queues up.\\nJoin Zoom Meeting\\nhttps://zoom.us/j/1 Passcode: 123\r\n"
    + PEOPLE % b"ACCEPTED" + b"END:VEVENT\r\n"
    b"BEGIN:VEVENT\r\nUID:weekly@example.org\r\nDTSTAMP:20260401T000000Z\r\nCREATED:20260220T100000Z\r\n"
    b"RECURRENCE-ID;TZID=Office:20260316T100000\r\nDTSTART;TZID=Office:20260316T140000\r\nDTEND;TZID=Office:20260316T150000\r\n"
    b"SUMMARY:Deploys\\, moved\r\n" + PEOPLE % b"DECLINED" + b"END:VEVENT\r\n"
)
PRIVATE = (
    b"BEGIN:VEVENT\r\nUID:own@example.org\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:20260303T090000\r\nDURATION:PT30M\r\nCLASS:PRIVATE\r\n"
    b"SUMMARY:Not for you\r\nDESCRIPTION:Nor this\r\n" + PEOPLE % b"ACCEPTED" + b"END:VEVENT\r\n"
)
WHOLE = (
    b"BEGIN:VEVENT\r\nUID:day@example.org\r\nDTSTAMP:20260301T000000Z\r\nDTSTART;VALUE=DATE:20260304\r\nSUMMARY:Offsite\r\nSTATUS:CANCELLED\r\n"
    + PEOPLE % b"NEEDS-ACTION" + b"END:VEVENT\r\n"
)
END = b"END:VCALENDAR\r\n"

FILES = {"keep/work.ics": HEAD + ZONE + SERIES + PRIVATE + WHOLE + END}
