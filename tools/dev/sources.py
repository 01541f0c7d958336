"""The files of the checkout: what Git tracks or would track, or everything but builds where there is no Git."""
import os
import subprocess

REPO = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NOT_SOURCES = {".git", "build", "node_modules", "dist", "__pycache__"}


def files():
    """Paths relative to the checkout, sorted; deleted ones left out."""
    command = ["git", "-c", "safe.directory=*", "-C", REPO, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode == 0:
        names = os.fsdecode(listed.stdout).split("\0")
    else:
        names = walk()
    return sorted({name for name in names if name and os.path.isfile(os.path.join(REPO, name))})


def walk():
    for folder, folders, names in os.walk(REPO):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), REPO)


def read(name):
    """The text of a file, or None when it is not text."""
    with open(os.path.join(REPO, name), "rb") as file:
        content = file.read()
    if b"\0" in content:
        return None
    return content.decode("utf-8", errors="replace")


def lines(name):
    """(number, line) from 1 on."""
    return enumerate((read(name) or "").splitlines(), 1)
