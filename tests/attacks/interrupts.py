"""The command line interrupted at many moments: ``python tests/attacks/interrupts.py ROUNDS``.

SIGINT goes to the whole group of processes, as from a terminal, at evenly spread moments of every
command. The outcome must be the exit code 130 with one line, or 0 where the command had ended; a
model that was there before must be as it was, or as a finished command leaves it, and no
part of a file may stay behind. Before the command's own first line runs (in the first
hundredths of a second) the interpreter answers as it does for any program: those are counted apart.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import mmclassic
from mmclassic.datasets import make_catalog

START = "import mmclassic.cli._main"  # what has run when the command's own first line does


def commands(folder):
    table = [folder / "items.csv", "--image", "picture", "--text", "comment", "--audio", "sound"]
    likes = ["--interactions", folder / "interactions.csv"]
    return {
        "help": ["--help"],
        "fit": ["fit", *table, *likes, "-o", folder / "m.skops"],
        "search": ["search", folder / "m.skops", "--text", "red and blue"],
        "recommend": ["recommend", folder / "m.skops", "--all-users", "-o", folder / "all.csv"],
    }


def run(words):
    words = [sys.executable, "-m", "mmclassic", *map(str, words)]
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        # What a shell starts in the background ignores interruptions.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def seconds(words):
    begin = time.monotonic()
    process = run(words)
    _, told = process.communicate()
    assert process.returncode == 0, told
    return time.monotonic() - begin


def interrupt(words, delay):
    """Exit code and standard error of a command that is interrupted after `delay` seconds."""
    process = run(words)
    time.sleep(delay)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=120)
    return process.returncode, told


def judge(code, told, before, after):
    if after not in before or told.count("\n") > 1 or "Traceback" in told:
        return "FAULT"
    return {0: "had ended", 130: "interrupted"}.get(code, "FAULT")


def main(rounds):
    outcomes, faults = Counter(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_catalog(150, 20, folder=folder, image_size=64, audio_seconds=0.5, random_state=0)
        seconds(commands(folder)["fit"])
        begin = time.monotonic()
        subprocess.run([sys.executable, "-c", START], check=True)
        start = time.monotonic() - begin
        for command, words in commands(folder).items():
            length = min(seconds(words) for _ in range(2))
            whole = set(os.listdir(folder))
            for turn in range(rounds):
                delay = length * (turn + 0.5) / rounds
                code, told = interrupt(words, delay)
                outcome = judge(code, told, [whole], set(os.listdir(folder)))
                if outcome == "FAULT" and delay < 1.5 * start:
                    outcome = "before the first line"
                if outcome == "FAULT":
                    faults += 1
                    print(f"{command} after {delay:.3f} s: exit code {code}\n{told}")
                outcomes[command, outcome] += 1
            mmclassic.load(folder / "m.skops")
    for (command, outcome), count in sorted(outcomes.items()):
        print(f"{command:12}{outcome:24}{count:6}")
    print(f"{sum(outcomes.values())} interruptions, {faults} undocumented outcomes")
    return faults


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 20) else 0)
