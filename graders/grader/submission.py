"""The form of what is handed in: names, number and sizes of files. The rules for every door."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

MAX_FILES = 64
MAX_FILE_BYTES = 256 * 1024
MAX_TOTAL_BYTES = 1024 * 1024
MAX_NAME = 200


class SubmissionError(Exception):
    """Something about the files that the person who hands them in has to change; says what.

    Attributes:
        too_large: it is a matter of size (413 over HTTP, else 422).
    """

    def __init__(self, text: str, *, too_large: bool = False) -> None:
        super().__init__(text)
        self.too_large = too_large


def check_files(files: Mapping[str, str]) -> None:
    """Check names and sizes of files that were handed in.

    Args:
        files: relative path with forward slashes -> text.

    Raises:
        SubmissionError: the first thing that is wrong.
    """
    if not files:
        raise SubmissionError("Nothing was handed in. Send at least one file.")
    if len(files) > MAX_FILES:
        text = f"{len(files)} files were handed in; at most {MAX_FILES} are accepted."
        raise SubmissionError(text, too_large=True)
    total = 0
    for name, text in files.items():
        _check_name(name)
        total += _size(name, text)
    if total > MAX_TOTAL_BYTES:
        text = f"The files have {total:,} bytes in all; at most {MAX_TOTAL_BYTES:,} are accepted."
        raise SubmissionError(text, too_large=True)


def read_folder(folder: Path) -> dict[str, str]:
    """The files of a learner's folder: `app/...` as text.

    Links are not followed and not read: what they point to is not what was handed in.

    Raises:
        SubmissionError: not a folder, without app/, or a file that is not right.
    """
    app = folder / "app"
    if not app.is_dir() or app.is_symlink():
        raise SubmissionError(f"{folder} has no folder app/. Name the folder that holds it.")
    files: dict[str, str] = {}
    for path in sorted(app.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise SubmissionError(f"{show(name)} is a link. Hand in the file itself.")
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        if len(files) >= MAX_FILES:
            text = f"There are more than {MAX_FILES} files under app/."
            raise SubmissionError(text, too_large=True)
        files[name] = _read(path, name)
    check_files(files)
    return files


def show(name: str) -> str:
    """A file's name as it may stand in a message: short, printable, in quotes."""
    return ascii(name if len(name) <= 60 else name[:57] + "...")


def _read(path: Path, name: str) -> str:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _too_large(name, path.stat().st_size)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SubmissionError(f"{show(name)} is not UTF-8 text.") from None
    except OSError as error:
        raise SubmissionError(f"{show(name)} cannot be read: {error.strerror}.") from None


def _check_name(name: str) -> None:
    parts = name.split("/")
    wrong = (
        not name
        or len(name) > MAX_NAME
        or name.startswith("/")
        or any(part in ("", ".", "..") for part in parts)
        or any(ord(char) < 32 or char in '\\:*?"<>|\x7f' or char.isspace() for char in name)
        or not name.isascii()
        or PurePosixPath(name).as_posix() != name
    )
    if wrong:
        text = "a relative path of plain letters, digits, dots, dashes and slashes"
        raise SubmissionError(f"{show(name)} is not a file name that is accepted: use {text}.")


def _size(name: str, text: str) -> int:
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise SubmissionError(f"{show(name)} is not UTF-8 text.") from None
    if "\0" in text:
        raise SubmissionError(f"{show(name)} holds a NUL character; source text has none.")
    if size > MAX_FILE_BYTES:
        raise _too_large(name, size)
    return size


def _too_large(name: str, size: int) -> SubmissionError:
    text = f"{show(name)} has {size:,} bytes; at most {MAX_FILE_BYTES:,} are accepted."
    return SubmissionError(text, too_large=True)
