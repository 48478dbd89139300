"""`winnow audit hf://...` in a process of its own, with the real Hub client against a Hub on the loopback interface."""

import json
import subprocess
import sys

from tests.hub.loopback import Hub, environment

TALKS = [
    {"messages": [{"role": "user", "content": f"ask {n}"}, {"role": "assistant", "content": f"say {n} now"}]} for n in range(5)
]
FILES = {
    "README.md": b"---\nlicense: cc-by-nc-4.0\n---\n# Talks\n",
    "data/train.jsonl": "".join(json.dumps(each) + "\n" for each in TALKS).encode(),
}


def test_a_dataset_of_the_hub_is_brought_and_audited_with_the_licence_of_its_card(tmp_path):
    with Hub() as hub:
        hub.commit("owner/talks", FILES, private=False)
        asked = ["audit", "hf://datasets/owner/talks", "--out", str(tmp_path), "--json"]
        run = [sys.executable, "-c", "from flows.commands import main; main()", *asked]
        env = environment(hub.url, tmp_path, WINNOW_HOME=str(tmp_path / "home"))
        done = subprocess.run(run, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["name"], told["records"], told["rows"]) == ("owner-talks", 5, 5)
    assert told["licence"]["release"] == "cc-by-nc-4.0" and told["licence"]["not_public"] == []
    assert (tmp_path / "owner-talks.audit.html").is_file() and (tmp_path / "home/raw/owner-talks/data/train.jsonl").is_file()
