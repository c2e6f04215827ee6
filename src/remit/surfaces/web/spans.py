"""Days, months and parts of them as spans, and how a history writes a span."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from remit.flow.records.dates import Span

MONTHS = 12


class Unreadable(ValueError):
    """A text that is no date; `reason` is the key of a sentence: not_a_date, ambiguous, no_year, order."""

    def __init__(self, reason: str = "not_a_date") -> None:
        self.reason = reason
        super().__init__(reason)


def written(span: Span) -> str:
    """A span as a history writes it: 2023-03-01, 2023-03, 2023, 2023-03/2023-05, unknown."""
    if span.first is None or span.last is None:
        return "unknown"
    first, last = span.first, span.last
    if first == last:
        return first.isoformat()
    begins_month, ends_month = first.day == 1, (last + timedelta(days=1)).day == 1
    if not (begins_month and ends_month):
        return f"{first.isoformat()}/{last.isoformat()}"
    if first.month == 1 and last.month == MONTHS:
        years = (f"{first.year}", f"{last.year}")
        return years[0] if first.year == last.year else "/".join(years)
    months = (f"{first:%Y-%m}", f"{last:%Y-%m}")
    return months[0] if months[0] == months[1] else "/".join(months)


def month_of(n: int) -> int:
    """A month by its number, if there is such a one."""
    if not 1 <= n <= MONTHS:
        raise Unreadable
    return n


def day_of(year: int, month: int, day: int) -> Span:
    """One day, if it exists."""
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise Unreadable from error
    return Span(found, found)


def months_from(year: int, month: int, n: int) -> Span:
    """`n` months from a month on."""
    last = year * MONTHS + month - 1 + n - 1
    try:
        return Span(
            date(year, month, 1),
            date(last // MONTHS, last % MONTHS + 1, calendar.monthrange(last // MONTHS, last % MONTHS + 1)[1]),
        )
    except (ValueError, calendar.IllegalMonthError) as error:
        raise Unreadable from error


def third_of(span: Span, at: int, n: int) -> Span:
    """A third of a month in days, of a year or a season in months."""
    if span.first is None or span.last is None:
        raise Unreadable
    months = (span.last.year - span.first.year) * MONTHS + span.last.month - span.first.month + 1
    if months % n == 0:
        begin = span.first.year * MONTHS + span.first.month - 1 + at * months // n
        return months_from(begin // MONTHS, begin % MONTHS + 1, months // n)
    if months != 1:
        raise Unreadable
    days = (span.last - span.first).days + 1
    first = span.first + timedelta(days=at * 10)
    return Span(first, span.last if at == n - 1 else min(first + timedelta(days=9), span.first + timedelta(days=days)))


def widened(span: Span) -> Span:
    """A span with as much again on either side: a month with its neighbours, a year with its own, a day with a week."""
    if span.first is None or span.last is None:
        return span
    if span.first == span.last:
        return Span(span.first - timedelta(days=7), span.last + timedelta(days=7))
    if span.first.day != 1 or (span.last + timedelta(days=1)).day != 1:
        slack = span.last - span.first + timedelta(days=1)
        return Span(span.first - slack, span.last + slack)
    months = (span.last.year - span.first.year) * MONTHS + span.last.month - span.first.month + 1
    slack_months = months if months < MONTHS else MONTHS
    begin = span.first.year * MONTHS + span.first.month - 1 - slack_months
    return months_from(begin // MONTHS, begin % MONTHS + 1, months + 2 * slack_months)
