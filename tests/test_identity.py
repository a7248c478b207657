"""One person under several addresses and accounts: what joins at once, what is proposed and why, and what is never joined."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster import printed, project
from muster.book import read as read_book
from muster.cli import main
from muster.model import Account, Evidence, Grade, MusterError
from muster.people import People, _files, _ldif, resolve
from muster.people.pairs import Pair, pairs, programs
from muster.sources.git import Settings, harvest
from tests.build import ANN, Repo

NOREPLY = "7+annar@users.noreply.github.com"


def repository(path: Path, *authors: str) -> Repo:
    repo = Repo(path / "r")
    for number, author in enumerate(authors):
        repo.commit(f"No. {number}", author=author, date=f"2026-01-{number + 1:02d}T10:00:00+00:00")
    return repo


def resolved(repo: Repo, org: Path | None = None, accounts: tuple[Account, ...] = (), me: tuple[str, ...] = ()) -> People:
    return resolve([harvest(Settings(repo.path))], org, me, accounts)


def proposed(repo: Repo, **more: object) -> list[tuple[str, str, str]]:
    one = harvest(Settings(repo.path))
    return [(pair.one.id, pair.other.id, pair.reason) for pair in pairs(resolve([one]), [one], **more)]  # type: ignore[arg-type]


# --- accounts


def test_an_account_joins_whoever_has_the_address_that_its_platform_states(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN, f"annar <{NOREPLY}>")
    who = resolved(repo, accounts=(Account("gitlab:Ann", "A. Arbor", "Ann@Example.org"), Account("slack:U012AB", "ann", "")))
    assert who.of("", "gitlab:ann") == "ann@example.org" == who.of("", "GITLAB:Ann")
    assert who.of("", "slack:U012AB") == "slack:u012ab", "no address, no tie"
    assert who.person("slack:u012ab").name == "ann"
    assert who.of("annar", NOREPLY) == NOREPLY
    who = resolved(repo, accounts=(Account("@annar", "", "ann@example.org"),))
    assert {who.of("annar", NOREPLY), who.of("", "@AnnAr"), who.of("Ann Arbor", "ann@example.org")} == {"ann@example.org"}
    assert who.find(["@annar"]).id == "ann@example.org"
    assert resolved(repo, accounts=(Account("@annar", "", "ann@example.org"),), me=("ann@example.org",)).me == who.person("ann@example.org")


def test_an_address_of_several_accounts_or_of_a_program_ties_nobody(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN)
    shared = (Account("jira:1", "Ann", "ann@example.org"), Account("jira:2", "Build", "ann@example.org"))
    who = resolved(repo, accounts=shared)
    assert {who.of("", "jira:1"), who.of("", "jira:2")} == {"jira:1", "jira:2"}
    assert who.notes == ("ann@example.org is the address of 2 accounts of jira: it ties none of them to a person",)
    who = resolved(repo, accounts=(Account("slack:B1", "Deploys", "ann@example.org", True),))
    assert who.of("", "slack:b1") == "slack:b1" and who.person("slack:b1").bot
    assert [(person.id, why) for person, why in programs(who)] == [("slack:b1", "its platform says that it is one")]
    assert not who.person("ann@example.org").bot


def test_people_csv_outranks_a_platform(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN, "Bob <bob@example.org>")
    org = tmp_path / "org"
    org.mkdir()
    (org / "people.csv").write_text("person,email,handle\nbob@example.org,bob@example.org,gitlab:ann\nann@example.org,ann@example.org,\n")
    who = resolved(repo, org, (Account("gitlab:ann", "Ann", "ann@example.org"),))
    assert who.of("", "gitlab:ann") == "bob@example.org" and who.of("x", "ann@example.org") == "ann@example.org"
    assert who.notes == ("gitlab:ann is bob@example.org by people.csv, and its own platform gives it the e-mail of ann@example.org: people.csv counts",)


def test_accounts_take_nobodys_name(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN)
    who = resolved(repo, accounts=(Account("gitlab:aa", "Ann Arbor"), Account("documents:Ann Arbor", "Ann Arbor"), Account("documents:Cyd Chase", "Cyd Chase")))
    assert who.find(["Ann Arbor"]).id == "ann@example.org"
    assert who.of("", "documents:Ann Arbor") == "ann@example.org", "a source that knows but a name means whom alone has it"
    assert who.of("", "gitlab:aa") == "gitlab:aa", "an account is not its name"
    assert who.find(["Cyd Chase"]).id == "documents:cyd chase"


def test_accounts_join_in_any_order_and_two_that_meet_become_one(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN, f"annar <{NOREPLY}>", "Ann <ann@home.example>")
    accounts = (Account("@annar", "", "ann@home.example"), Account("gitlab:ann", "", "ann@home.example"), Account("jira:7", "", "ann@example.org"))
    for order in (accounts, accounts[::-1]):
        who = resolved(repo, accounts=order)
        assert {who.of("", key) for key in ("@annar", "gitlab:ann")} == {who.of("annar", NOREPLY)} == {who.of("", "ann@home.example")}
        assert who.of("", "jira:7") == "ann@example.org"


def test_what_the_owner_calls_theirs_is_theirs_though_git_knows_it_not(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN)
    who = resolved(repo, me=("ann@example.org", "@annar", "gitlab:ann", "ann@work.example"))
    assert {who.of("", key) for key in ("@annar", "gitlab:ann", "Ann@Work.example", "ann@example.org")} == {"ann@example.org"}
    assert who.me is not None and who.me.id == "ann@example.org"


def test_handles_of_muster_toml_are_accounts_not_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repo = repository(tmp_path, ANN, "annar <somebody@else.example>")
    root = tmp_path / "book"
    root.mkdir()
    (root / "muster.toml").write_text(f'repositories = ["{repo.path}"]\n[owner]\nname = "Ann"\nemails = ["ann@example.org"]\nhandles = ["annar", "gitlab:ann"]\n')
    people = project.bring(read_book(root)).people
    assert people.of("", "@annar") == "ann@example.org" == people.of("", "gitlab:ann")
    assert people.of("annar", "somebody@else.example") == "somebody@else.example", "a name that equals an account is no account"


# --- proposals


def test_each_reason_proposes_and_merges_nothing(tmp_path: Path) -> None:
    repo = repository(
        tmp_path, ANN, ANN, f"Ann Arbor <{NOREPLY}>", "Dee Dorn <dee@old.example>", "Dee Dorn <ddorn@new.example>",
        "eve <eve.e@one.example>", "Eve <eve.e@two.example>", "Flo <9+flo@users.noreply.github.com>", "F <9+florence@users.noreply.github.com>",
        *(f"Sam Lee <sam{n}@{n}.example>" for n in range(3)), "zed <zed@one.example>", "Zed <zz@two.example>", "Gil <root@one.example>", "gil <root@two.example>",
    )  # fmt: skip
    assert proposed(repo) == [
        ("9+flo@users.noreply.github.com", "9+florence@users.noreply.github.com", "account-number"),
        ("eve.e@one.example", "eve.e@two.example", "name-and-mailbox"),
        ("ann@example.org", NOREPLY, "name-and-account"),
        ("ddorn@new.example", "dee@old.example", "name"),
        ("sam0@0.example", "sam1@1.example", "name-of-several"),
        ("sam0@0.example", "sam2@2.example", "name-of-several"),
        ("sam1@1.example", "sam2@2.example", "name-of-several"),
    ], "no single word, no shared mailbox name alone, no mailbox that everybody has"
    assert len({resolved(repo).of("", f"sam{n}@{n}.example") for n in range(3)}) == 3
    one = harvest(Settings(repo.path))
    first = next(pair for pair in pairs(resolve([one]), [one]) if pair.reason == "name-and-account")
    assert (first.one.records, str(first.one.first), str(first.one.last), first.other.records) == (2, "2026-01-01", "2026-01-02", 1)
    assert first.why == "both are called Ann Arbor, and nobody else is on either one’s platform"
    assert not first.doubtful and pairs(resolve([one]), [one])[-1].doubtful


def test_what_was_refused_is_not_proposed_again(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN, f"Ann Arbor <{NOREPLY}>")
    for refused in (("ann@example.org", NOREPLY), ("ann@example.org", "@annar")):
        assert proposed(repo, apart=frozenset({frozenset(refused)})) == []


def test_accounts_of_one_name_on_many_platforms_are_no_crowd(tmp_path: Path) -> None:
    one = harvest(Settings(repository(tmp_path, ANN, "Sam Lee <sam@one.example>").path))
    accounts = [Account(f"{name}:7", "Ann Arbor") for name in ("gitlab", "jira", "slack")] + [Account("jira:1", "Sam Lee"), Account("jira:2", "Sam Lee")]
    found = pairs(resolve([one], accounts=accounts), [one])
    assert {pair.reason for pair in found if "ann@example.org" in (pair.one.id, pair.other.id)} == {"name-and-account"}
    assert sum(pair.reason == "name-and-account" for pair in found) == 6
    assert {pair.reason for pair in found if "sam@one.example" in (pair.one.id, pair.other.id)} == {"name-of-several"}


def test_branches_of_an_account_propose_it(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN, "Q <7+arbor@users.noreply.github.com>")
    assert proposed(repo, branches={"@arbor": "ann@example.org"}) == [("ann@example.org", "7+arbor@users.noreply.github.com", "branches")]


def test_pull_requests_that_end_in_somebodys_commits_propose_their_account(tmp_path: Path) -> None:
    repo = repository(tmp_path, ANN, "Ann Arbor <ann@home.example>", "Bob <bob@example.org>", ANN, "Bob <bob@example.org>")
    shas = repo.git("log", "--format=%H", "--reverse").split()

    def opened(number: int, actor: str, sha: str) -> Evidence:
        return Evidence(f"github:o/r/pull/{number}", "github", "pull-request", "o/r", str(number), "x", actor, None, None, Grade.HOSTED, facts=(("head", sha),))

    requests = [opened(1, "@aa", shas[0]), opened(2, "@aa", shas[1]), opened(3, "@aa", shas[3]), opened(4, "@bb", shas[2]), opened(5, "gitlab:x", shas[4]),
                opened(6, "gitlab:x", shas[3]), opened(7, "@aa", "f" * 40)]  # fmt: skip
    one = harvest(Settings(repo.path))
    found = [pair for pair in pairs(resolve([one]), [one], requests) if pair.reason == "pull-requests"]
    assert [(pair.one.id, pair.other.id) for pair in found] == [("@aa", "ann@example.org")], "one alone, and two that are two people’s, tell nothing"
    assert found[0].why == "3 of 3 pull requests of @aa that are in a history here end in a commit of Ann Arbor"


def test_bots_are_listed_with_why_and_never_proposed(tmp_path: Path) -> None:
    repo = repository(tmp_path, "Deploy Bot <deploy-bot@example.org>", "Deploy Bot <deploy-bot@other.example>", "renovate[bot] <r@x.example>")
    assert proposed(repo) == []
    assert [(person.id, why) for person, why in programs(resolved(repo))] == [
        ("deploy-bot@example.org", "its name and its address say so"), ("deploy-bot@other.example", "its name and its address say so"),
        ("r@x.example", "its name says so"),
    ]  # fmt: skip


# --- the files


def test_rows_are_put_at_the_end_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    old = b"\xef\xbb\xbf# who is who\r\nname,person,desk\r\n\"Arbor, Ann\",ann@example.org,4b\r\n# contractors\r\n,x@y.example,"
    file.write_bytes(old)
    _files.write_rows(tmp_path, [_files.Row("ann@example.org", "+ann@old.example"), _files.Row("ann@example.org", "", "gitlab:ann")])
    new = file.read_bytes()
    assert new == old.replace(b"desk\r\n", b"desk,email,handle\r\n") + b"\r\n,ann@example.org,,'+ann@old.example,\r\n,ann@example.org,,,gitlab:ann\r\n"
    rows, notes = _files.read_csv(file)
    assert [(row.person, row.email, row.key) for row in rows][-2:] == [("ann@example.org", "+ann@old.example", ""), ("ann@example.org", "", "gitlab:ann")]
    assert rows[0].name == "Arbor, Ann" and not notes
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"], "nothing is left beside it"


def test_a_quote_that_is_never_closed_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text('person,email\n"ann@example.org,x\n')
    with pytest.raises(MusterError, match="never closed"):
        _files.write_rows(tmp_path, [_files.Row("a@b", "c@d")])
    assert (tmp_path / "people.csv").read_text() == 'person,email\n"ann@example.org,x\n'


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.lists(st.tuples(st.emails(), st.emails()), min_size=1, max_size=3))
def test_whatever_stands_in_the_file_stays(old: bytes, rows: list[tuple[str, str]]) -> None:
    new = _files.added(old, _files.COLUMNS, [{"person": one, "email": two} for one, two in rows])
    lines = [line for line in old.split(b"\n") if line.strip()]
    if lines and old.strip():
        assert all(line.rstrip(b"\r") in new for line in lines)
    assert new.endswith(b"\n")


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(alphabet="person,email,handle\n\"#'@:=é ", max_size=300).map(str.encode)))
def test_any_bytes_in_the_files_are_read_or_refused_in_words(content: bytes) -> None:
    columns, rows = _files.parsed(content.decode("utf-8-sig", "replace"))
    assert all(set(cells) <= set(columns) for _, cells in rows)
    _files.settled([_files.Row(cells.get("person", ""), cells.get("email", "")) for _, cells in rows])


def test_a_cell_that_is_too_long_is_counted(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("person,email\nann@x.example," + "y" * 200_000 + "\nbob@x.example,bob@y.example\n")
    rows, notes = _files.read(tmp_path)
    assert [row.person for row in rows] == ["bob@x.example"]
    assert notes == ["people.csv:2: a row without person, email and handle was left out"]


def test_rows_that_name_each_other_are_one_person() -> None:
    row = _files.Row
    settled = _files.settled([row("a@x", "b@x"), row("b@x", "c@x"), row("d@x", "", "gitlab:d"), row("gitlab:d", "", "jira:1")])
    assert [one.person for one in settled] == ["a@x", "a@x", "d@x", "d@x"]
    assert len({one.person for one in _files.settled([row("a@x", "b@x"), row("b@x", "a@x")])}) == 1


def test_ldif(tmp_path: Path) -> None:
    (tmp_path / "people.ldif").write_text(
        "version: 1\n\n# people\ndn: uid=ann, ou=people, o=x\nuid: ann\ncn:: QW5uIMOGcmJvcg==\nmail: Ann@Example.org\nmailAlternateAddress: ann@old.exam\n ple\n"
        "manager: uid=bo,ou=people,\n  o=x\ndepartmentNumber: search\ntitle: Staff Engineer\njpegPhoto:< file:///etc/passwd\n\n"
        "dn: uid=z,o=x\nchangetype: delete\n\ndn: cn=group,o=x\nmember: uid=ann\n\ndn: uid=b,o=x\nmail:: !!!\n\nbroken\n"
    )  # fmt: skip
    found, skipped = _ldif.read(tmp_path / "people.ldif")
    assert [(one.dn, one.name, one.mails, one.manager, one.team) for one in found] == [
        ("uid=ann,ou=people,o=x", "Ann Ærbor", ("ann@example.org", "ann@old.example"), "uid=bo,ou=people,o=x", "search")]
    assert [one.reason for one in skipped] == ["a record of a change, not of somebody", "mail is not base64", "a line without a colon"]
    who = resolved(repository(tmp_path, "Ann <ann@old.example>"), tmp_path)
    assert who.of("Ann", "ann@old.example") == "ann@example.org"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_ldif_never_fails(text: str) -> None:
    _ldif.parse(text)
    _ldif.parse("dn: x\nmail: " + text)


# --- muster people


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repo = repository(
        tmp_path, ANN, ANN, f"Ann Arbor <{NOREPLY}>", "Ann Arbor <ann@old.example>", "Dee Dorn <dee@old.example>", "Dee Dorn <ddorn@new.example>",
        "acme-bot <x@acme.example>",
    )  # fmt: skip
    root = tmp_path / "book"
    root.mkdir()
    (root / "muster.toml").write_text(f'repositories = ["{repo.path}"]\n[owner]\nname = "Ann Arbor"\nemails = ["ann@example.org"]\n')
    return root


def run(book: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code = main(["people", *words, "--book", str(book)])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def test_people_lists_and_confirms_once(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(book, capsys)
    assert "5 people in the connected records, 4 pairs of ids that may be one person each." in out
    assert "Ann Arbor <ann@example.org>: 2 records, 2026-01-01 to 2026-01-02" in out
    assert "proposed because both are called Dee Dorn, and nobody else is." in out
    assert f"muster people --confirm ddorn@new.example=dee@old.example --book {book}" in out
    assert "acme-bot <x@acme.example>: its name says so" in out
    assert not (book / "org").exists(), "nothing is written unasked"
    said = run(book, capsys, "--confirm", "ann@old.example=@annar=ann@example.org", "--apart", "dee@old.example=ddorn@new.example")
    assert said.count("written to") == 3
    assert (book / "org/not-the-same.csv").read_text() == "one,other\nddorn@new.example,dee@old.example\n"
    out = run(book, capsys)
    assert "3 people in the connected records, 0 pairs" in out and "--confirm" not in out
    assert run(book, capsys, "--format", "json") and not (book / "org/people.csv").read_text().count("dee")


def test_an_address_may_hold_an_equals_sign(tmp_path: Path) -> None:
    from muster.visit.people import meant

    who = resolved(repository(tmp_path, ANN, "Odd <o=dd@x.example>"))
    assert meant(who, "o=dd@x.example=ann@example.org") == ["o=dd@x.example", "ann@example.org"]


def test_people_as_json_follows_its_schema(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(book, capsys, "--format", "json"))
    jsonschema.validate(found, printed.schema("people"))
    assert found["people"] == 5 and found["programs"][0]["id"] == "x@acme.example"
    assert {pair["reason"] for pair in found["pairs"]} == {"name-and-mailbox", "name", "name-of-several"}


def test_people_asks_at_a_terminal_and_writes_each_answer(book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    import sys

    monkeypatch.setattr(sys, "stdin", Terminal("n\nwhat\ns\nq\n"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = run(book, capsys)
    assert "1 answer written; 3 left." in out
    assert (book / "org/not-the-same.csv").read_text().count("\n") == 2
    monkeypatch.setattr(sys, "stdin", Terminal("y\ny\ny\n"))
    out = run(book, capsys)
    assert "3 answers written; 0 left." in out
    assert run(book, capsys, "--all").startswith("2 people")


@pytest.mark.parametrize(("typed", "seen"), [
    ("ann@example.org", "only one id"), ("ann@example.org=nobody@x", "'nobody@x' is nobody here"), ("ann@example.org=x@acme.example", "is a program"),
    ("Ann Arbor=dee@old.example", "is the name of several"), ("ann@example.org=ann@example.org", "one person already"),
])  # fmt: skip
def test_people_says_what_was_meant_wrongly(book: Path, capsys: pytest.CaptureFixture[str], typed: str, seen: str) -> None:
    assert main(["people", "--confirm", typed, "--book", str(book)]) == 2
    assert seen in capsys.readouterr().err
    assert not (book / "org").exists()


def test_the_same_input_gives_the_same_proposals(tmp_path: Path) -> None:
    repo = repository(tmp_path, *(f"Sam Lee <sam{n}@{n}.example>" for n in range(4)))
    one = harvest(Settings(repo.path))
    assert list[Pair](pairs(resolve([one]), [one])) == list(pairs(resolve([one]), [one]))
