"""A draft as a zip file: to take along, and to bring back.

What is brought is hostile: it may be no zip, or one that is far larger inside than it looks. Only
files that are the learner's to change are read, each no further than its bound; nothing is ever
written to disk by a name that came along.
"""

import io
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping

from grader.submission import MAX_FILE_BYTES, show
from kintsugi.errors import InvalidError, TooLargeError

ENTRIES = 500  # a folder with what an editor leaves in it has fewer
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same draft makes the same file
NO_ZIP = "This is no zip file that can be read. Pack the folder app/ again, without a password."


def pack(files: Mapping[str, str]) -> bytes:
    """A zip file of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, EARLIEST), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpack(data: bytes, editable: Collection[str]) -> dict[str, str]:
    """The files of a zip that may be changed; whatever else it holds is left aside.

    Args:
        data: the zip file.
        editable: paths that are the learner's. In the zip they may lie in one folder more.

    Raises:
        InvalidError: it is none, or holds no file of the kata.
        TooLargeError: a file in it is larger than what may be handed in.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = dict(_entries(archive, editable))
            files = {path: _text(archive, info, path) for path, info in found.items()}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
        raise InvalidError(NO_ZIP) from None
    if not files:
        names = ", ".join(editable)
        raise InvalidError(f"This zip file holds none of the files that are yours: {names}.")
    return files


def _entries(
    archive: zipfile.ZipFile, editable: Collection[str]
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Those that are wanted, by their paths in the kata; the one nearest to the top counts."""
    infos = archive.infolist()
    if len(infos) > ENTRIES:
        raise TooLargeError(f"This zip file holds more than {ENTRIES} files. Pack app/ alone.")
    for info in sorted(infos, key=lambda info: -info.filename.count("/")):
        _, _, inner = info.filename.partition("/")
        for path in (info.filename, inner):
            if path in editable:
                yield path, info


def _text(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> str:
    with archive.open(info) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise TooLargeError(f"{show(path)} has more than {MAX_FILE_BYTES:,} bytes.")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidError(f"{show(path)} is not UTF-8 text.") from None
