"""The messages of TensorFlow and Keras: each is raised by its code, in the columns that it names."""

import os
import subprocess
from pathlib import Path

import pytest
import small_project

from phasebook.environments import install
from phasebook.project.complaints import Complaint, load_complaints
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

REAL = Folders(small_project.REAL)
SEEN = [(complaint, column) for complaint in load_complaints(REAL) for column in complaint.seen_in]


@pytest.mark.slow
@pytest.mark.parametrize(("complaint", "column"), SEEN, ids=lambda one: getattr(one, "id", one))
def test_the_code_raises_the_message(complaint: Complaint, column: str, tmp_path: Path) -> None:
    assert complaint.pattern in complaint.text
    environment = load_environments(REAL)[column]
    python = install.ready(REAL, environment)
    if python is None:
        pytest.skip(f"{column} is not installed: make report TF={column}")
    (tmp_path / "raises.py").write_text(complaint.code, encoding="utf-8")
    answer = subprocess.run(
        [python, "raises.py"], capture_output=True, text=True, cwd=tmp_path, check=False,
        env=os.environ | environment.variables | {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert complaint.pattern in answer.stderr
    assert (answer.returncode != 0) == ("Error" in complaint.text.split(":")[0])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"tf-2.15"', '"tf-9"', "'m' names an unknown column, 'tf-9'"),
        ('"call-true-trains"', '"no-claim"', "'m' names an unknown claim, 'no-claim'"),
        ("means", "meaning", "meaning"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    folders = small_project.make(tmp_path)
    text = (
        '[[message]]\nid = "m"\ntext = "Error: m"\npattern = "m"\nseen_in = ["tf-2.15"]\n'
        'means = "x"\nwrite = "x"\nclaims = ["call-true-trains"]\ncode = "x"\n'
    )
    write_atomically(folders.complaints, text)
    assert [one.id for one in load_complaints(folders)] == ["m"]
    write_atomically(folders.complaints, text.replace(old, new))
    with pytest.raises(Problem, match=complaint):
        load_complaints(folders)
