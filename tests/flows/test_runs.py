"""A run from the command line: whose place a release takes, what is said of it, and when the page beside it is replaced."""

import json

import pytest

from flows import laws, plan, runs
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import DataFault

RECIPE = {"name": "few", "sources": {"a": {"path": "a.jsonl"}}, "exports": {"sft": {}}}
TALK = {"messages": [{"role": "user", "content": "Name a bird."}, {"role": "assistant", "content": "The grebe, of course."}]}


@pytest.fixture
def given(tmp_path):
    """given(names...) -> the plan of a run over files of one line, named by hand."""

    def made(*names):
        for name in names:
            (tmp_path / name).write_text(json.dumps(TALK) + "\n")
        asked, base = plan.given(recipes.Recipe.model_validate(RECIPE), [tmp_path / name for name in names])
        return plan.make(asked, tmp_path, base)

    return made


def test_a_run_that_takes_the_place_of_other_data_says_so(given, tmp_path):
    out = tmp_path / "releases"
    assert runs.displaced(given("b.jsonl"), out) is None, "nothing stands"
    (out / "few" / "x").mkdir(parents=True)
    (out / "few" / "current").symlink_to("x")
    facts = {"fingerprint": "x", "files": {}, "sources": {name: {} for name in "abcde"}}
    (out / "few" / "x" / "manifest.json").write_text(json.dumps(facts))
    assert runs.displaced(given("a.jsonl", "z.jsonl"), out) is None, "a source more is the same data grown"
    said = runs.displaced(given("y.jsonl", "z.jsonl"), out)
    assert said == (
        "few: `current` was made of a, b, c and 2 more, and this run of y, z takes its place; "
        "to keep it current, give this one a name of its own: --set name=few-y"
    )


def test_the_page_beside_a_release_is_replaced_only_by_one_whose_laws_hold(curated, given, tmp_path, monkeypatch):
    planned, home = given("a.jsonl"), Places(tmp_path / "home")
    monkeypatch.setattr(laws, "verify", lambda _: (_ for _ in ()).throw(DataFault("a law is broken")))
    with pytest.raises(DataFault, match="a law is broken"):
        curated(planned.recipe, planned.data, home.home)
    assert not (home.reports / "few.html").exists()
    monkeypatch.undo()
    assert curated(planned.recipe, planned.data, home.home).is_dir()
    assert (home.reports / "few.html").is_file()
