"""What the doctor found: one line, and the one command that puts it right.

Article: §5.1.
"""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# The interpreter that is looked at, whether or not its environment is active.
PYTHON = shlex.quote(sys.executable)
INSTALL = f"{PYTHON} -m pip install --upgrade -r {shlex.quote(str(PROJECT))}"
INSTALL += "/requirements.txt"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        text: what was found.
        mend: the command that puts it right; "" if nothing is wrong.
        optional: nothing stops without it, so it does not count as wrong.
    """

    text: str
    mend: str = ""
    optional: bool = False

    @property
    def wrong(self) -> bool:
        return bool(self.mend) and not self.optional

    def __str__(self) -> str:
        if not self.mend:
            return f"ok    {self.text}"
        return f"{'MEND' if self.wrong else 'note'}  {self.text}\n      {self.mend}"


def pip_install(*requirements: str) -> str:
    """Gives the command that installs something into this environment."""
    quoted = " ".join(f'"{requirement}"' for requirement in requirements)
    return f"{PYTHON} -m pip install {quoted}"
