"""What is sensitive is found where it stands, in both languages; what is not stays."""

import re

import pytest

from roots_tf.text.sensitive_strings import (
    find_sensitive_strings,
    is_identity_card,
    mask_sensitive_strings,
    passes_luhn,
)

AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"  # of AWS's own documentation
PEM = "-----BEGIN {0}PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END {0}PRIVATE KEY-----"


@pytest.mark.parametrize(
    "kind, sensitive",
    [
        ("EMAIL", "li.lei+news@mail.example.com.cn"),
        ("EMAIL", "a@b.io"),
        ("PHONE", "13800138000"),
        ("PHONE", "138-0013-8000"),
        ("PHONE", "138 0013 8000"),
        ("PHONE", "+86 13800138000"),
        ("PHONE", "8613800138000"),
        ("PHONE", "１３８００１３８０００"),
        ("PHONE", "+1 415 555 0123"),
        ("PHONE", "+1 (415) 555-0123"),
        ("PHONE", "+44 20 7946 0958"),
        ("PHONE", "+4930901820"),
        ("ID_CARD", "11010519491231002X"),
        ("ID_CARD", "11010519491231002x"),
        ("ID_CARD", "440524188001010014"),
        ("BANK_CARD", "4111111111111111"),
        ("BANK_CARD", "5500-0000-0000-0004"),
        ("BANK_CARD", "3782 8224 6310 005".replace(" ", "")),
        ("BANK_CARD", "6222 0212 3456 7890 128"),
        ("KEY", AWS_KEY),
        ("KEY", "ghp_" + "a1B2c3D4e5" * 4),
        ("KEY", "xoxb-" + "123456789012-abcdef"),
        ("KEY", "sk-" + "proj-a1B2c3D4e5F6g7H8i9"),
        ("KEY", "AIza" + "a1B2c3D4e5" * 3 + "a1B2c"),
        ("KEY", "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK"),
        ("KEY", PEM.format("")),
        ("KEY", PEM.format("RSA ")),
    ],
)
@pytest.mark.parametrize(
    "sentence", ["{}", "Write to {}.", "请联系{}，谢谢。", "电话：{}；", "a\n({})\n"]
)
def test_it_is_found_where_it_stands_and_nothing_else_is(kind, sensitive, sentence):
    text = sentence.format(sensitive)

    found = find_sensitive_strings(text)

    assert [place.kind for place in found] == [kind]
    assert text[found[0].start : found[0].end] == sensitive
    assert mask_sensitive_strings(text) == sentence.format(f"[{kind}]")


@pytest.mark.parametrize(
    "text",
    [
        "TensorFlow 2.21.0, keras==3.15.1, numpy>=2.0,<3",
        "on 2024-05-17 at 13:45:12, or 20240517134512",
        "2024年5月17日，第13800次",
        "pi is 3.14159265358979, not 0.13800138000",
        "x + 12345678, 1e+10, +1, +10 %, a+12345678",
        "sha 1a2b3c4d5e6f13800138000a, id_13800138000, 13800138000px",
        "RFC 2822, ISO 8601, GB 11643-1999, E.164, PEP 257",
        "4111111111111112 and 5500 0000 0000 0005 fail the Luhn test",
        "0000000000000000 4444444444444444",
        "110105194912310021 has a wrong check digit, 110105194913310023 no month",
        "@tf.function, a @ b, user@localhost, foo@bar, axis=-1",
        "token = tokens[0]; password: str = None; secret=secret_from_somewhere",
        "密码：请勿告诉他人。 the password is a secret",
        "task-based, risk-averse-approach-to-everything",
        "127.0.0.1, 255.255.255.255, 00:1A:2B:3C:4D:5E",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    ],
)
def test_versions_dates_and_identifiers_stay(text):
    assert find_sensitive_strings(text) == []
    assert mask_sensitive_strings(text) == text


@pytest.mark.parametrize(
    "text, masked",
    [
        ("password=Tr0ub4dor&3xyz!", "password=[KEY]"),
        ('{"api_key": "0123456789abcdef"}', '{"api_key": "[KEY]"}'),
        ("密码：Abc123456789xyz，勿外传", "密码：[KEY]，勿外传"),
    ],
)
def test_of_a_named_value_the_value_alone_is_masked(text, masked):
    assert mask_sensitive_strings(text) == masked


def test_several_in_one_text_come_in_its_order_and_leave_the_rest_alone():
    text = "李雷 li@example.cn 13800138000，卡号4111 1111 1111 1111。+1 415 555 0123"

    found = find_sensitive_strings(text)

    assert [place.kind for place in found] == ["EMAIL", "PHONE", "BANK_CARD", "PHONE"]
    kept = "李雷 [EMAIL] [PHONE]，卡号[BANK_CARD]。[PHONE]"
    assert mask_sensitive_strings(text) == kept


def test_the_check_digit_is_that_of_the_standards_table():
    """GB 11643-1999, §4: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, and a table."""
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    digits = "10X98765432"
    for serial in range(0, 1_000, 7):
        first = f"32068119900229{serial:03d}".replace("0229", "0228")
        total = sum(w * int(d) for w, d in zip(weights, first, strict=True))
        right = digits[total % 11]

        accepted = [digit for digit in digits if is_identity_card(first + digit)]

        assert accepted == [right]


def test_luhn_finds_every_single_wrong_digit():
    number = "79927398713"  # a worked example of the algorithm

    assert passes_luhn(number)
    for place, digit in enumerate(number):
        for wrong in set("0123456789") - {digit}:
            assert not passes_luhn(number[:place] + wrong + number[place + 1 :])


def test_a_long_text_takes_time_in_proportion_to_its_length():
    text = "a.b-c_1@" * 20_000 + "1" * 20_000 + " 1234" * 20_000 + "eyJ" * 20_000

    assert re.sub(r"\[\w+\]", "", mask_sensitive_strings(text))
