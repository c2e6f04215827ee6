"""A disk that is full: it is said, nothing that was saved is lost, and it goes on once there is room."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from remit.knowledge import Knowledge
from remit.surfaces.web.store import open_store
from web.visitor import Visitor

MIB = 1 << 20
LIMITED = """
import random, resource, sys
from pathlib import Path
from remit.surfaces.web.store import StoreProblem, open_store
store = open_store(Path(sys.argv[1]))
person = store.add({"n": 0})
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
saved = 0
try:
    for n in range(1, 1000):
        store.save(person, {"n": n, "text": [random.random() for _ in range(500)]}, f"place{n}")
        saved = n
except StoreProblem as problem:
    print("refused", saved, store.load(person).document["n"])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.save(person, {"n": "after"}, "after")
print(store.load(person).document["n"], store.is_sound())
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB, where this machine lets us make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_said_on_the_page_and_loses_nothing(small_disk: Path, knowledge: Knowledge) -> None:
    store = open_store(small_disk / "data")
    visitor = Visitor(store, knowledge).begin("visit")
    home = visitor.person()
    visitor.treatment(home, "Zoloft", start="spring 2023", still="no", end="2024", step_dose_1="100")
    filler = small_disk / "filler"
    with pytest.raises(OSError), filler.open("wb", buffering=0) as file:
        for _ in range(4 * MIB // 4096):
            file.write(b"x" * 4096)
    token, saved = visitor.token(), "100"
    for n in range(1000):
        fields = {"token": token, "treatment": "Zoloft", "start": "spring 2023", "step_dose_1": f"{n + 1}"}
        answer = visitor.client.post(f"{home}/history/t1", data=fields)
        if answer.status_code != 200:
            break
        saved = f"{n + 1}"
    assert answer.status_code == 507
    assert "The disk is full" in answer.text
    assert "Nothing was saved, and nothing was lost" in answer.text
    # What was saved is there, every page still opens, and the app can be opened anew.
    assert str(visitor.client.get(f"{home}/export.json").json()["treatments"][0]["daily_dose_mg"]) == saved
    for path in ("/", home, f"{home}/history", f"{home}/standing", f"{home}/report/visit.html", "/help"):
        assert visitor.client.get(path).status_code == 200, path
    again = Visitor(open_store(small_disk / "data"), knowledge)
    assert again.client.get(home).status_code == 200
    filler.unlink()
    visitor.send(f"{home}/history/t1", step_dose_1="150")
    assert visitor.client.get(f"{home}/export.json").json()["treatments"][0]["daily_dose_mg"] == 150
    assert store.is_sound()
    for opened in (store, again.store):
        opened.close()


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system has no such limit")
def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    refused, after = done.stdout.splitlines()
    word, saved, found = refused.split()
    assert word == "refused"
    assert saved == found
    assert int(saved) > 0
    assert after == "after True"
