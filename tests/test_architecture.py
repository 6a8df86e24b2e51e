"""Which folder may know of which; see the layout in the README."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "proxies": {"benchmarks", "harness", "hydra", "omegaconf", "conf"},
    "benchmarks": {"proxies", "harness", "hydra", "omegaconf", "conf"},
}

# Prints all that is loaded with the modules of a package.
LOAD_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    importlib.import_module(module.name)
print(*sys.modules)
"""


def imported(path):
    """Every top-level package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_no_file_imports_what_its_folder_must_not_know(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        assert not FORBIDDEN[folder] & set(imported(path)), path


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_nothing_forbidden_is_loaded_by_way_of_others(folder):
    call = [sys.executable, "-c", LOAD_ALL, folder]
    loaded = set(subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert {f"{folder}.{path.stem}" for path in (ROOT / folder).glob("[!_]*.py")} <= loaded
    assert not FORBIDDEN[folder] & {name.split(".")[0] for name in loaded}
