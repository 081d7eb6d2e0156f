"""The kept snippets are those of the manual, block by block: none changed, none missing, none added."""

import re

import pytest

from tests.seed.printed import SNIPPETS

# How a line of Python, of a shell or of YAML begins that no line of prose begins like.
CODE = re.compile(
    r"from \S+ import |import \w+$|(class|def) \w+\(|export \w+=|\w+ = \w+\(|[a-z_.]+\($|[a-z]+:$|# "
)


@pytest.fixture
def seed(reference) -> list[str]:
    return (reference / "spec/seed.md").read_text().splitlines()


def places(lines: list[str], block: list[str]) -> list[int]:
    return [it for it in range(len(lines)) if lines[it : it + len(block)] == block]


@pytest.mark.reference
def test_every_kept_snippet_stands_once_in_the_manual_and_in_its_order(seed):
    found = [places(seed, it.read_text().splitlines()) for it in SNIPPETS.values()]
    assert [len(it) for it in found] == [1] * len(SNIPPETS)
    assert found == sorted(found)


@pytest.mark.reference
def test_the_manual_prints_no_other_code(seed):
    rest = list(seed)
    for path in SNIPPETS.values():
        block = path.read_text().splitlines()
        (at,) = places(rest, block)
        # A block ends where its prose or the next heading begins: a line that is cut off is code, too.
        assert (rest[at - 1], rest[at + len(block)]) == ("", "")
        rest[at : at + len(block)] = []
    assert not [line for line in rest if CODE.match(line)]
    assert not [line for line in rest if line.startswith("    ")]


@pytest.mark.parametrize("name", SNIPPETS)
def test_code_is_known_as_code(name):
    """What the test before looks for is in each kept snippet, so a block that is lost would be seen."""
    assert [line for line in SNIPPETS[name].read_text().splitlines() if CODE.match(line)]
