"""GitHub as it describes itself: its REST description, answered by Prism, and its GraphQL schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, parse, validate
from graphql.language import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.type import GraphQLSchema

from muster import sources
from muster.model import Evidence
from muster.sources import _github_graph, _secret, github
from muster.sources._kept import Kept, Raw, path_of
from tests.described import GITHUB_GRAPHQL, GITHUB_REST, package, prism, pruned
from tests.test_github import SEEN, VARIABLES, graph

PATHS = (
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/{issue_number}/timeline",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/comments",
)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token of whoever runs the tests is found."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_secret, "of_keyring", lambda *_: None)
    monkeypatch.setattr(_secret, "of_command", lambda *_: None)


@pytest.fixture(scope="module", params=["api.github.com", "ghes-3.19"])
def description(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What GitHub, and the newest Enterprise, say of the paths that are asked."""
    file = package(GITHUB_REST) / "generated" / f"{request.param}.json"
    found = pruned(json.loads(file.read_text(encoding="utf-8")), PATHS)
    # Its example of a pull request has no comments at lines, so that nobody would ask for them.
    found["components"]["examples"]["pull-request"]["value"]["review_comments"] = 1
    return found


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """GitHub's GraphQL schema."""
    return build_schema((package(GITHUB_GRAPHQL) / "schema.graphql").read_text(encoding="utf-8"), assume_valid=True)


def gathered(base: str, root: Path) -> sources.Gathered:
    """What a sync from there becomes."""
    settings = {"repositories": ["octocat/Hello-World"], "base": base, "since": "2010-01-01"}
    with Kept(path_of(root, "github")) as kept:
        github.fetch(sources.settings_of(github, settings), root, kept, lambda *_: None)
        kept.ended()
    return sources.gather("github", settings, root)


def test_what_is_asked_and_answered_is_as_described(description: dict[str, Any], tmp_path: Path) -> None:
    with prism(description, tmp_path) as base:
        wrong = httpx.get(f"{base}/repos/octocat/Hello-World/issues", params={"since": "yesterday", "state": "every"})
        assert wrong.status_code == 422  # it looks at what is asked
        found = gathered(base, tmp_path)
    assert found.skipped == ()
    kinds = {piece.kind for piece in found.evidence}
    assert {"pull-request", "comment"} <= kinds
    assert any(piece.fact("path") for piece in found.evidence)


@pytest.mark.parametrize("query", ["ITEMS", "CHANGED", "DISCUSSIONS"])
def test_each_query_is_of_the_schema(schema: GraphQLSchema, query: str) -> None:
    assert validate(schema, parse(getattr(_github_graph, query))) == []


@pytest.mark.parametrize(("query", "ids"), [("ITEMS", github.TOGETHER), ("CHANGED", github.MANY), ("DISCUSSIONS", 1)])
def test_no_query_is_for_more_nodes_than_are_answered(query: str, ids: int) -> None:
    """GitHub refuses what could be 500,000 nodes or more, counted as its documentation of limits says."""
    document = parse(getattr(_github_graph, query))
    named = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}

    def nodes(part: SelectionSetNode | None, times: int) -> int:
        total = 0
        for one in part.selections if part else ():
            if isinstance(one, FragmentSpreadNode):
                total += nodes(named[one.name.value].selection_set, times)
            elif isinstance(one, FieldNode | InlineFragmentNode):
                many = [int(given.value.value) for given in getattr(one, "arguments", None) or () if isinstance(given.value, IntValueNode)]
                total += (times * many[0] if many else 0) + nodes(one.selection_set, times * (many[0] if many else 1))
        return total

    (asked,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    assert 0 < ids + nodes(asked.selection_set, ids) < 500_000


def test_the_tests_answers_are_of_the_schema(schema: GraphQLSchema) -> None:
    """What tests answer in GraphQL has the fields that its types have."""
    for id_ in ("I_7", "PR_8", "PRRC_51"):
        (node,) = graph("", {"ids": [id_]})["data"]["nodes"]
        fields = schema.type_map[node["__typename"]].fields  # type: ignore[attr-defined]
        assert set(node) - {"__typename"} <= set(fields)


def test_examples_of_the_description_become_evidence() -> None:
    described = json.loads((package(GITHUB_REST) / "generated" / "api.github.com.json").read_text(encoding="utf-8"))
    examples = described["components"]["examples"]
    found = list(pieces(examples))
    assert {piece.kind for piece in found} == {"pull-request", "comment", "event"}
    assert all(piece.url is None or piece.url.startswith("https://github.com/") for piece in found)


def pieces(examples: dict[str, Any]) -> Iterator[Evidence]:
    """What the examples that GitHub publishes become."""
    home = "octocat/hello-world"
    rows = [(f"{home}/issues/1", "issue", examples["issue"]["value"]), (f"{home}/pulls/1", "pull", examples["pull-request"]["value"])]
    rows += [(f"{home}/pulls/1/review-comments/{n}", "review-comment", one) for n, one in enumerate(examples["pull-request-review-comment-items"]["value"])]
    for name in ("timeline-issue-events", "issue-event", "issue-event-for-issue-items"):
        value = examples[name]["value"] if name in examples else []
        rows += [(f"{home}/issues/1/events/{n}", "timeline", one) for n, one in enumerate(value if isinstance(value, list) else [value])]
    for key, kind, body in rows:
        yield from (piece for piece in github.parse(Raw(key, kind, json.dumps(body).encode(), SEEN)) if isinstance(piece, Evidence))
