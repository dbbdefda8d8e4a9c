"""What a service printed, for its own author to read: own files by their names, nothing of ours.

A traceback of a failed request has three frames of the learner's and thirty of libraries. The
learner's stay as they are; a run of the others becomes one line that counts them.
"""

import re

from grader.inside.app import jail

WORK = f"{jail.WORK}/"
HOME = re.compile(r"/opt/(?:runtime|kit)/|/ipc/")
FRAME = re.compile(r'^(?P<margin>[ |+-]*)  File "(?P<file>[^"\n]{1,400})", line \d+')


def readable(text: str, most: int) -> str:
    """A log without the frames of libraries and of the sandbox, head and tail of it.

    Args:
        text: what was printed; anything, for the service's author can print anything.
        most: how many characters are kept.
    """
    return shortened(_without_paths(_folded(text)).strip("\n"), most)


def shortened(text: str, most: int) -> str:
    """The first and the last half, with a line between that counts what is gone."""
    if len(text) <= most:
        return text
    half = max(0, (most - 60) // 2)
    return f"{text[:half]}\n[{len(text) - 2 * half:,} characters left out]\n{text[-half:]}"


def _folded(text: str) -> str:
    lines: list[str] = []
    margin, frames, inside = "", 0, False
    for line in text.split("\n"):
        frame = FRAME.match(line)
        if frame is not None:
            inside = not frame["file"].startswith(WORK)
            margin = frame["margin"] if inside else margin
            frames += inside
        elif inside and not line.startswith(f"{margin}    "):
            inside = False  # the code of a frame is indented deeper than its head
        if inside:
            continue
        if frames:
            lines.append(
                f"{margin}  [{frames} {'frame' if frames == 1 else 'frames'} of libraries]"
            )
            frames = 0
        lines.append(line)
    if frames:
        lines.append(f"{margin}  [{frames} {'frame' if frames == 1 else 'frames'} of libraries]")
    return "\n".join(lines)


def _without_paths(text: str) -> str:
    return HOME.sub("", text.replace(WORK, ""))
