"""The portable subset: every signal's file parses as DuckDB and as Spark SQL, and uses nothing that they read differently."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from muster import signals

#: Functions that the two engines lack, spell or compute differently; and what the design forbids.
FORBIDDEN = re.compile(
    r"\b(date_diff|datediff|date_part|date_trunc|epoch_us|unnest|explode|list_\w+|approx\w*|quantile\w*|median|percentile|strftime"
    r"|date_format|now|random|rand|regexp_matches|rlike|regexp_like|any_value"
    r"|struct_pack|string_agg|group_concat|arg_max|max_by|arg_min|min_by)\s*\(|\b(qualify|ilike|current_date|current_timestamp)\b",
    re.IGNORECASE,
)
ALLOWED_MACROS = {"days_between", "local_hour"}


def code(name: str) -> str:
    return "\n".join(line for line in signals.sql(name).splitlines() if not line.lstrip().startswith("--"))


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
@pytest.mark.parametrize("name", signals.names())
def test_it_parses(name: str, dialect: str) -> None:
    statements = sqlglot.parse(code(name), dialect=dialect)
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Query)
    assert not list(statements[0].find_all(exp.Lambda)), "no lambdas"
    unknown = {str(node.this).lower() for node in statements[0].find_all(exp.Anonymous)}
    assert unknown <= ALLOWED_MACROS | {"array_sort", "local_hour"}


@pytest.mark.parametrize("name", signals.names())
def test_it_uses_nothing_forbidden(name: str) -> None:
    assert FORBIDDEN.findall(code(name)) == []


@pytest.mark.parametrize("name", signals.names())
def test_float_literals_have_an_exponent(name: str) -> None:
    bare = re.sub(r"'[^']*'", "''", code(name))
    assert re.findall(r"(?<![\w.])\d+\.\d+", bare) == []


@pytest.mark.parametrize("name", signals.names())
def test_whole_sums_are_cast(name: str) -> None:
    """Spark's SUM of a BIGINT is a BIGINT, DuckDB's is a HUGEINT: a sum of counts is cast, a sum of doubles need not be."""
    for found in sqlglot.parse_one(code(name), dialect="duckdb").find_all(exp.Sum):
        argument = found.this.sql()
        whole = re.fullmatch(r"\w+\.?\w*", argument) and not re.search(r"weight|lag|days", argument)
        cast = found.find_ancestor(exp.Cast) or found.find_ancestor(exp.GT, exp.EQ)
        assert not whole or cast, argument


@pytest.mark.parametrize("name", signals.names())
def test_ids_are_sorted_and_distinct(name: str) -> None:
    for found in re.findall(r"array_agg\([^)]*\)", code(name)):
        assert "DISTINCT" in found
    assert len(re.findall(r"array_agg", code(name))) == len(re.findall(r"array_sort\(array_agg", code(name)))


@pytest.mark.parametrize("name", signals.names())
def test_the_header_is_whole(name: str) -> None:
    about = signals.header(name)
    assert about.question.endswith("?") or "only" in about.question
    assert about.counts and about.excludes and about.measures and all(about.cannot_see) and "DESIGN" in about.source
    assert len({one.name for one in about.measures}) == len(about.measures)
    assert {one.rests_on for one in about.measures} <= {"", "areas", "teams"}
