"""What this machine lacks to run the project, and the one command that mends it.

    python -m roots_tf.doctor

Exit status: 0 nothing to mend, 1 something to mend. A machine needs no GPU, and none of
what is told as a note.

Article: §5.1.
"""

import sys

from roots_tf.doctor.finding import Finding
from roots_tf.doctor.imports import check_fonts, check_tensorboard, check_tensorflow
from roots_tf.doctor.machine import (
    check_data,
    check_disk,
    check_encoding,
    check_keras_backend,
    check_platform,
    check_temporary_folder,
    check_write_access,
    written_to,
)
from roots_tf.doctor.packages import (
    check_pairs,
    check_python,
    check_requirements,
    read_requirements,
)


def examine() -> list[Finding]:
    """Looks at everything."""
    requirements = read_requirements()
    return [
        check_platform(),
        check_python(),
        *check_requirements(requirements),
        *check_pairs(requirements),
        check_keras_backend(),
        check_tensorflow(),
        *check_tensorboard(),
        check_fonts(),
        check_encoding(),
        check_disk(),
        *check_write_access(written_to()),
        check_temporary_folder(),
        check_data(),
    ]


def main() -> int:
    """Prints every finding; returns the exit status."""
    findings = examine()
    print(*findings, sep="\n")
    wrong = sum(finding.wrong for finding in findings)
    print(f"{wrong} to mend" if wrong else "nothing to mend")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
