"""The one front door: `grade(kata, files, ...) -> Report`."""
