"""The static gates of security, ``make gates``: no code from data, no shell, no SQL from values.

Bandit's rules, as ruff has them, and a reading of our own, both blind to ``noqa``. What they find is
listed here with its reason, or fails; what is listed and no longer there fails, too.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
MODULES = sorted([*CHECKOUT.glob("warehouse/**/*.py"), *CHECKOUT.glob("rustybt/**/*.py")])
EXCEPTIONS = {
    ("rustybt/cli/told.py", "S608"): "a hint for people, which nothing runs",
    ("rustybt/cli/pipeline.py", "S608"): "a message for people, which nothing runs",
    ("rustybt/errors/root.py", "S608"): "a message for people, which nothing runs",
    ("rustybt/pipeline/graph.py", "S603"): "Graphviz, found on the path, in a list of words",
    ("warehouse/safe/process.py", "S603"): "our own interpreter and module, in a list of words",
}
ASSERTIONS = "S101"  # programmers' mistakes; nothing that comes from outside is told by assert
# Modules that make objects or code out of bytes, and calls that do, however they are imported.
MAKERS = {
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"),
    *("xml", "lxml", "tables", "h5py", "imp", "code", "codeop", "pty", "telnetlib", "ftplib"),
}
CONFINED = {  # h5py makes arrays alone; these run in the process that can neither write nor start anything
    f"rustybt/data/readers/legacy/{it}.py": ["h5py"] for it in ("hdf5", "hdf5_daily", "hdf5_pandas")
}
CALLS = {
    *("eval", "exec", "compile", "__import__", "extractall", "extract", "unpack_archive"),
    *("read_pickle", "to_pickle", "read_hdf", "read_html", "popen", "system", "mktemp"),
}
LOADERS = {"load", "load_all", "full_load", "unsafe_load"}  # of yaml, other than safe_load


def name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def faults(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [it.name for it in node.names if it.name.split(".")[0] in MAKERS]
        elif isinstance(node, ast.ImportFrom):
            found += [str(node.module)] if str(node.module).split(".")[0] in MAKERS else []
        elif isinstance(node, ast.Call):
            whole = ast.unparse(node.func)
            owner, _, last = whole.rpartition(".")
            if last in CALLS and (owner, last) != ("re", "compile"):
                found.append(whole)
            if owner == "yaml" and last in LOADERS:
                found.append(whole)
            for keyword in node.keywords:
                if (
                    keyword.arg in {"shell", "allow_pickle"}
                    and ast.unparse(keyword.value) != "False"
                ):
                    found.append(f"{whole}({keyword.arg}=…)")
    return found


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_made_out_of_bytes_but_data(path):
    assert faults(ast.parse(path.read_text())) == CONFINED.get(name(path), [])


@pytest.mark.parametrize(
    "code",
    [
        *("import pickle", "from pickle import loads", "eval(text)", "builtins.exec(text)"),
        *("compile(text, '', 'exec')", "yaml.load(text)", "tar.extractall(folder)"),
        *("np.load(path, allow_pickle=True)", "subprocess.run(text, shell=True)", "os.system(x)"),
        *("pd.read_pickle(path)", "import xml.etree.ElementTree", "from dill import load"),
    ],
)
def test_the_reading_has_teeth(code):
    assert faults(ast.parse(code))


@pytest.mark.parametrize("code", ["re.compile('x')", "yaml.safe_load(text)", "json.load(file)"])
def test_the_reading_lets_data_pass(code):
    assert not faults(ast.parse(code))


def test_bandit_finds_what_is_listed_and_nothing_else():
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("ruff"), "check", "--select", "S", "--ignore-noqa"),
            *("--config", "lint.ignore = []", "--output-format", "json", "--no-cache"),
            *("--exit-zero", "warehouse", "rustybt"),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
        text=True,
    )
    found = {(name(Path(it["filename"])), it["code"]) for it in json.loads(done.stdout)}
    assert {it for it in found if it[1] != ASSERTIONS} == EXCEPTIONS.keys()
