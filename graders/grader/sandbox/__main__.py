"""`python -m grader.sandbox`: builds the runtime environment, saying each step (`make setup`)."""

import sys

from grader.sandbox.base import UnavailableError
from grader.sandbox.runtime import ensure_runtime


def main() -> None:
    if sys.platform != "linux":
        return
    try:
        ensure_runtime(lambda step: print(f"  {step}", flush=True))  # noqa: T201 - a command
    except UnavailableError as error:
        print(f"  Sandboxes cannot be made here: {error}. {error.mend}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
