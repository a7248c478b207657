"""Sentences' small parts, as seats and formats have always found them here."""

from __future__ import annotations

from muster.phrases import MONTHS as MONTHS
from muster.phrases import amount as amount
from muster.phrases import count as count
from muster.phrases import day as day
from muster.phrases import filled as filled
from muster.phrases import inner as inner
from muster.phrases import listed as listed
from muster.phrases import quoted as quoted
from muster.phrases import sentence as sentence
from muster.phrases import short as short
from muster.phrases import span as span
from muster.phrases import typed as typed
from muster.phrases import visible as visible
from muster.phrases import words as words
