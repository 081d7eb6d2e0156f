"""Every notebook runs from top to bottom and keeps its own assertions."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FIRST, *MORE = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NOTEBOOKS = [FIRST, *(pytest.param(it, marks=pytest.mark.slow) for it in MORE)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    images = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert images, "the notebook draws nothing"
