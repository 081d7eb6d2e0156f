"""A pipeline from a Python file, for the command line."""

import runpy
from pathlib import Path
from traceback import extract_tb
from typing import Any

from rustybt.errors import PipelineFileError, RustyBTError
from rustybt.pipeline.pipeline import Pipeline

MAKER = "make_pipeline"


def load_pipeline(place: str) -> Pipeline:
    """Run a file and return the pipeline that it holds.

    Parameters
    ----------
    place
        ``FILE`` or ``FILE:NAME``. The name is that of a `Pipeline` or of a function that returns
        one; without it ``make_pipeline``, or else the only pipeline of the file.

    Raises
    ------
    PipelineFileError
        There is no such file or no such pipeline, or the file does not run by itself. An error of
        rustybt that it raises is that error.
    """
    file, name = _split(place)
    if not Path(file).is_file():
        raise PipelineFileError(file, "there is no such file")
    try:
        held = runpy.run_path(file)
    except RustyBTError:
        raise
    except Exception as error:
        lines = [it.lineno for it in extract_tb(error.__traceback__) if it.filename == file]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
        problem = f"line {line}: {type(error).__name__}: {error}"
        raise PipelineFileError(file, problem) from error
    found = _named(held, name, file) if name else _only(held, file)
    made = found if isinstance(found, Pipeline) or not callable(found) else found()
    if not isinstance(made, Pipeline):
        raise PipelineFileError(file, f"{name or MAKER} gave {made!r}, which is no pipeline")
    return made


def _split(place: str) -> tuple[str, str]:
    file, colon, name = place.rpartition(":")
    return (file, name) if colon and name.isidentifier() else (place, "")


def _named(held: dict[str, Any], name: str, file: str) -> Any:
    if name not in held:
        raise PipelineFileError(file, f"it holds no {name!r}")
    return held[name]


def _only(held: dict[str, Any], file: str) -> Any:
    if MAKER in held:
        return held[MAKER]
    pipelines = {name: it for name, it in held.items() if isinstance(it, Pipeline)}
    if len(pipelines) != 1:
        names = ", ".join(pipelines) or "none"
        raise PipelineFileError(file, f"it should hold one pipeline and holds {names}")
    return next(iter(pipelines.values()))
