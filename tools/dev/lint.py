"""The checks of code, scripts and documents, as rows: what it is called, and the command that prints file:line and remedy."""
import os
import subprocess
import sys

import sources


def named(*endings):
    return [name for name in sources.files() if name.endswith(endings)]


def shell_scripts():
    """By ending, or by the first line where there is none."""
    scripts = named(".sh")
    for name in sources.files():
        if "." not in os.path.basename(name):
            with open(os.path.join(sources.REPO, name), "rb") as file:
                first = file.readline(80)
            if first.startswith(b"#!") and first.rstrip().endswith((b"bash", b"/sh")):
                scripts.append(name)
    return scripts


def tool(name, *arguments):
    return lambda: [sys.executable, f"tools/{name}", *arguments]


def on_files(command, list_files):
    """None, which is nothing to check, when there are no such files."""
    def whole():
        names = list_files()
        return command + names if names else None
    return whole


# Folders whose .c files are laid out by .clang-format; clang-format-19 -i mends a file. Headers have their columns set by hand.
LAID_OUT = ("src/diagnose/", "src/evidence/", "src/http/", "src/sim/", "tests/fuzz/")


def laid_out():
    return [name for name in named(".c") if name.startswith(LAID_OUT)]


CHECKS = (
    ("layering", tool("layercheck.py")),
    ("sizes", tool("budgetcheck.py")),
    ("layout", on_files(["clang-format-19", "--dry-run", "--Werror", "--ferror-limit=1"], laid_out)),
    ("links", tool("linkcheck.py")),
    ("hosts", tool("hostcheck.py")),
    ("shell", on_files(["shellcheck", "-x", "--severity=warning"], shell_scripts)),
    ("yaml", on_files(["yamllint", "--strict"], lambda: named(".yaml", ".yml"))),
    ("catalogue", lambda: [sys.executable, "catalog/generate.py", "--check"]),
    ("python", on_files([sys.executable, "-m", "pyflakes"], lambda: named(".py"))),
)


def run_all(tally):
    for name, make_command in CHECKS:
        command = make_command()
        if command is None:
            continue
        done = subprocess.run(command, cwd=sources.REPO, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        output = (done.stdout + done.stderr).rstrip()
        if done.returncode == 0:
            tally.passes()
            print(f"  {name}: ok" + (f" ({output})" if output and "\n" not in output else ""))
        else:
            tally.fails(f"lint::{name}")
            print(f"  {name}: FAILED\n{output}")
