"""The front door: what ./dev passes through, refuses and cleans up."""
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys

import pytest

REPO = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
DEV = os.path.join(REPO, "dev")


def dev(*arguments, **options):
    return subprocess.run([DEV, *arguments], capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.mark.parametrize("arguments, complaint", [
    (["demolish"], "unknown command demolish"),
    (["run"], "run: which command?"),
    (["test", "--only", "everything"], "unknown suite everything"),
    (["test", "--only"], "which suite?"),
    (["test", "--search", "soon"], "for how many seconds?"),
    (["test", "--quick"], "unknown option --quick"),
    (["demo", "--fake"], "unknown option --fake"),
    (["demo", "--port"], "a number from 1 to 65535"),
    (["demo", "--port=0"], "a number from 1 to 65535"),
    (["demo", "--port", "http"], "a number from 1 to 65535"),
    (["build", "--debug"], "unknown option --debug"),
    (["clean", "--everything"], "unknown option --everything"),
    (["shell", "ls"], "takes no arguments"),
])
def test_a_wrong_command_line_is_refused_before_anything_is_set_up(arguments, complaint):
    done = dev(*arguments)
    assert done.returncode == 64
    assert complaint in done.stderr
    assert done.stdout == ""


def test_help_names_every_command():
    done = dev()
    assert done.returncode == 0
    with open(DEV, encoding="utf-8") as script:
        commands = re.findall(r"^cmd_([a-z]\w*)\(\)", script.read(), re.MULTILINE)
    for command in set(commands) - {"help", "where"}:
        assert re.search(rf"^  {command}\b", done.stdout, re.MULTILINE), command


def test_run_passes_output_errors_input_and_status_through():
    done = dev("run", "sh", "-c", "cat; echo complaint >&2; exit 7", input="a line\n")
    assert (done.returncode, done.stdout) == (7, "a line\n")
    assert done.stderr.endswith("complaint\n")


def test_run_keeps_arguments_whole():
    assert dev("run", "printf", "<%s>", "two words", "", "*").stdout == "<two words><><*>"


def test_run_of_an_unknown_command_ends_with_127():
    assert dev("run", "no-such-command").returncode == 127


def test_run_puts_the_release_build_first_on_the_path():
    first = dev("run", "sh", "-c", "echo ${PATH%%:*}").stdout.strip()
    assert first.startswith(os.path.join(REPO, "build", "release", "src"))


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_to_dev_reaches_the_command_which_is_the_same_process(signal_number):
    child = subprocess.Popen([DEV, "run", "sh", "-c", "echo $$; exec sleep 600"], stdout=subprocess.PIPE, text=True)
    assert int(child.stdout.readline()) == child.pid
    child.send_signal(signal_number)
    assert child.wait(10) == -signal_number


def test_the_cache_directory_of_the_front_door_is_no_option_of_our_programs():
    environment = {**os.environ, "AETHERIUS_CACHE": "/tmp"}
    assert dev("run", "sh", "-c", "echo ${AETHERIUS_CACHE-unset}", env=environment).stdout == "unset\n"
    assert dev("where", env={**environment, "AETHERIUS_CACHE": "in here"}, cwd="/tmp").stdout == "/tmp/in here\n"
    environment["AETHERIUS_CACHE"] = "redis://127.0.0.1:6379"
    assert dev("run", "sh", "-c", "echo ${AETHERIUS_CACHE-unset}", env=environment).stdout == "redis://127.0.0.1:6379\n"


KEEPER = 'REPO=$0; . "$REPO/tools/dev/place.sh"; keep_processes_together; (trap "" TERM; exec setsid sleep 600) & echo $!; wait'


def test_what_a_killed_run_leaves_behind_is_ended_even_when_it_ignores_sigterm():
    keeper = subprocess.Popen(["bash", "-c", KEEPER, REPO], stdout=subprocess.PIPE, text=True)
    left_behind = os.pidfd_open(int(keeper.stdout.readline()))
    keeper.kill()
    keeper.wait()
    ended, _, _ = select.select([left_behind], [], [], 20)
    assert ended, "the process outlived the run that started it"


def mounting_allowed():
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not mounting_allowed(), reason="no right to make mount namespaces")
def test_entering_a_tree_keeps_directory_process_and_status_and_makes_its_root_a_mount_point(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    enter = f'mount --rbind / "{tree}" && exec bash "{REPO}/tools/dev/enter.sh" "{tree}" "{REPO}" "$@"'
    report = 'mountpoint -q / && pwd && echo $$ "$AETHERIUS_IN_ROOT" "${LC_ALL-unset}" && exit 9'
    child = subprocess.Popen(["unshare", "--mount", "bash", "-c", enter, "enter", "bash", "-c", report],
                             stdout=subprocess.PIPE, text=True, cwd=os.path.join(REPO, "src"), env={**os.environ, "LC_ALL": "xx_YY"})
    output, _ = child.communicate(timeout=60)
    assert output == f"{REPO}/src\n{child.pid} 1 unset\n"
    assert child.returncode == 9


def host_mirror(os_release, sources, tmp_path):
    """root.sh's answer on a machine with these files; /etc is replaced in the text of the function."""
    (tmp_path / "apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "os-release").write_text(os_release)
    for name, text in sources.items():
        (tmp_path / "apt" / name).write_text(text)
    with open(os.path.join(REPO, "tools/dev/root.sh"), encoding="utf-8") as script:
        text = script.read().replace("/etc/", f"{tmp_path}/")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text + "\nhost_mirror"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


BOOKWORM = "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"


def test_the_mirror_of_a_debian_host_is_found_in_either_form_of_source_list(tmp_path):
    one_line = "deb http://elsewhere.test/tools bookworm-tools main\ndeb [arch=amd64 signed-by=/k] http://mirror.test/debian/ bookworm main\n"
    assert host_mirror(BOOKWORM, {"sources.list": one_line}, tmp_path / "a") == "http://mirror.test/debian"
    stanzas = "# hello\nTypes: deb\nURIs: http://mirror.test/security\nSuites: bookworm-security\n\n" \
              "Types: deb\nURIs: https://mirror.test/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
    assert host_mirror(BOOKWORM, {"sources.list.d/debian.sources": stanzas}, tmp_path / "b") == "https://mirror.test/debian"


def test_no_mirror_is_taken_from_other_distributions_or_other_media(tmp_path):
    ubuntu = "ID=ubuntu\nVERSION_CODENAME=noble\n"
    assert host_mirror(ubuntu, {"sources.list": "deb http://mirror.test/ubuntu noble main\n"}, tmp_path / "a") == ""
    assert host_mirror(BOOKWORM, {"sources.list": "deb cdrom:[Debian]/ bookworm main\n"}, tmp_path / "b") == ""
    assert host_mirror(BOOKWORM, {}, tmp_path / "c") == ""


DEMO = [sys.executable, os.path.join(REPO, "tools/demo/demo.py")]


@pytest.mark.skipif(not shutil.which("aetherius-central") or not shutil.which("nats-server"), reason="wants the programs on PATH")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_takes_its_folder_along(tmp_path, signal_number):
    demo = subprocess.Popen([*DEMO, "--once"], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    while "starting cluster" not in demo.stdout.readline():
        assert demo.poll() is None
    assert [path.name for path in tmp_path.iterdir()]
    demo.send_signal(signal_number)
    assert demo.wait(30) == 130
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_told_with_a_way_out_that_exists():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*DEMO, "--port", str(port)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and f"127.0.0.1:{port} is taken" in done.stderr
    option, free = re.search(r"\./dev demo (--port) (\d+)", done.stderr).groups()
    assert int(free) != port
    assert "unknown option --wrong" in dev("demo", option, free, "--wrong").stderr    # so the ones before it are known
