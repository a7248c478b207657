"""The Friday visit: what came onto the record, what to write down of it, and what the owner decides about it.

    inbox.inbox(case, decided)             evidence to keep, drop or tie, by undertaking, newest first
    week.week_of(case, checked, moves, …)  a week's few lines, moves and open items
    prefill.prefill("note", thread, case)  what evidence already knows, for an entry's page

Pure functions over a case, each in the module of its name; `commands` alone asks, prints and writes. Nothing is imported
here, so that help needs no engine.
"""
