"""Finds and masks what must not go into training: addresses, numbers, keys.

| kind      | what is found                                                           |
| --------- | ----------------------------------------------------------------------- |
| KEY       | PEM private keys, AWS and Google keys, GitHub, Slack and "sk-" tokens,  |
|           | JSON web tokens, and long values after "password=", "密码："             |
| EMAIL     | e-mail addresses (电子邮件)                                              |
| ID_CARD   | Chinese identity-card numbers (身份证号): date and check digit are right |
| BANK_CARD | 13 to 19 digits, in groups or not, that pass the Luhn test (银行卡号)    |
| PHONE     | Chinese mobile numbers (手机号); others with + and country code          |

What has a check digit is looked at, so that a version, a date or a serial number stays:
of random numbers one in 11 passes for an identity card (if it holds a date), one in 10
for a bank card. Full-width digits count as digits. Not found: names, postal addresses,
land lines without +, and whatever is spelt out. Masking is a sieve, not a promise; the
promise is ``trends.private_training``.

Article: §8.4 (隐私保护与安全性).
Source: GB 11643-1999, §3-4 (check digit: ISO 7064, MOD 11-2); ISO/IEC 7812-1, annex B
    (Luhn); ITU-T E.164, §6 (at most 15 digits).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)}  # one character for one
# Neither in the middle of a word or number, nor after a point as in 3.1415926.
_BEFORE, _AFTER = r"(?<![0-9A-Za-z_.+-])", r"(?![0-9A-Za-z_]|[.-][0-9])"
_KEYS = (
    r"-----BEGIN (?P<pem>[A-Z ]*PRIVATE KEY)-----.*?-----END (?P=pem)-----",
    r"(?<![0-9A-Za-z])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",
    r"(?<![0-9A-Za-z])(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{40,})",
    r"(?<![0-9A-Za-z])xox[abeoprs]-[0-9A-Za-z-]{10,}",
    r"(?<![0-9A-Za-z])sk-(?=[A-Za-z_-]*[0-9])[0-9A-Za-z_-]{20,}",
    r"(?<![0-9A-Za-z])eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}",
    # A value with digits and letters after its name; not `token = tokens[0]`.
    r"(?:(?<![A-Za-z])(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)"
    r"|密码|口令|密钥)[\"']?\s*(?:[:=]|是|为)\s*[\"']?"
    r"(?P<value>(?=[^\s\"']*[0-9])(?=[^\s\"']*[A-Za-z])[0-9A-Za-z+/_=!@#$%^&*-]{12,})",
)


@dataclass(frozen=True)
class SensitiveString:
    """A place in a text.

    Attributes:
        kind: ``KEY``, ``EMAIL``, ``ID_CARD``, ``BANK_CARD`` or ``PHONE``.
        start, end: characters of the text, the end not included.
    """

    kind: str
    start: int
    end: int


def find_sensitive_strings(text: str) -> list[SensitiveString]:
    """Gives the places in the order of the text; none overlap.

    Args:
        text: in any language.

    Example:
        >>> find_sensitive_strings("写信给 li@example.cn，版本 2.21.0")
        [SensitiveString(kind='EMAIL', start=4, end=17)]
    """
    plain = text.translate(_FULL_WIDTH)
    found: list[SensitiveString] = []
    for kind, pattern, is_right in _KINDS:  # the surest kinds first
        for match in pattern.finditer(plain):
            group = "value" if match.groupdict().get("value") else 0
            start, end = match.span(group)
            apart = all(end <= other.start or other.end <= start for other in found)
            if apart and is_right(match[group]):
                found.append(SensitiveString(kind, start, end))
    return sorted(found, key=lambda place: place.start)


def mask_sensitive_strings(text: str) -> str:
    """Puts ``[EMAIL]``, ``[PHONE]`` ... in the place of each sensitive string.

    Example:
        >>> mask_sensitive_strings("请打 138 0013 8000，或 +1 415 555 0123。")
        '请打 [PHONE]，或 [PHONE]。'
    """
    parts, done = [], 0
    for place in find_sensitive_strings(text):
        parts += [text[done : place.start], f"[{place.kind}]"]
        done = place.end
    return "".join([*parts, text[done:]])


def is_identity_card(number: str) -> bool:
    """Tells whether 17 digits and a check digit make a Chinese identity-card number.

    With the digits a_17 .. a_1 before it and the weights 2^i mod 11, the check digit c
    (X stands for 10) makes ``c + sum_i 2^i a_i = 1 (mod 11)``. Digits 7 to 14 are a
    date of birth.

    Example:
        >>> is_identity_card("11010519491231002X")  # the standard's own example
        True
    """
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9Xx]", number):
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    values = [10 if digit in "Xx" else int(digit) for digit in number]
    total = sum(value * 2 ** (17 - place) for place, value in enumerate(values))
    return total % 11 == 1 and 1850 <= born.year <= date.today().year


def passes_luhn(number: str) -> bool:
    """Tells whether the last digit checks the others: every second one is doubled.

    Args:
        number: digits; spaces and hyphens do not count.

    Example:
        >>> passes_luhn("4111 1111 1111 1111"), passes_luhn("4111 1111 1111 1112")
        (True, False)
    """
    digits = [int(digit) for digit in re.sub(r"[ -]", "", number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_bank_card(number: str) -> bool:
    digits = re.sub(r"[ -]", "", number)
    return len(set(digits)) > 1 and 13 <= len(digits) <= 19 and passes_luhn(digits)


def _is_international(number: str) -> bool:
    return 8 <= len(re.sub(r"[^0-9]", "", number)) <= 15


def _always(_: str) -> bool:
    return True


def _compile(pattern: str) -> re.Pattern:
    return re.compile(pattern, re.DOTALL)


_KINDS: tuple[tuple[str, re.Pattern, Callable[[str], bool]], ...] = (
    *(("KEY", _compile(pattern), _always) for pattern in _KEYS),
    (
        "EMAIL",
        _compile(
            r"(?<![0-9A-Za-z._%+-])[0-9A-Za-z._%+-]*[0-9A-Za-z_%+-]"
            r"@(?:[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?\.)+[A-Za-z]{2,24}"
            r"(?![0-9A-Za-z])"
        ),
        _always,
    ),
    (
        "ID_CARD",
        _compile(f"{_BEFORE}[1-9][0-9]{{16}}[0-9Xx]{_AFTER}"),
        is_identity_card,
    ),
    (
        "BANK_CARD",
        # 3: American Express, JCB; 4: Visa; 5: Mastercard; 6: UnionPay (银联).
        _compile(
            f"{_BEFORE}[3-6](?:[0-9]{{12,18}}"
            rf"|[0-9]{{3}}(?:[ -][0-9]{{4}}){{3}}(?:[ -][0-9]{{1,3}})?){_AFTER}"
        ),
        _is_bank_card,
    ),
    (
        "PHONE",
        _compile(
            rf"(?<![0-9A-Za-z_.+-])(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{{4}}[ -]?"
            rf"[0-9]{{4}}{_AFTER}"
        ),
        _always,
    ),
    (
        "PHONE",
        _compile(
            r"(?<![0-9A-Za-z_.+)\]-])\+[1-9][0-9]{0,2}[ -]?(?:\([0-9]{1,4}\)[ -]?)?"
            rf"[0-9]{{1,4}}(?:[ -]?[0-9]{{2,4}}){{1,4}}{_AFTER}"
        ),
        _is_international,
    ),
)
