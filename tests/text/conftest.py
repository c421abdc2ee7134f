"""Real Chinese and English, texts that trip tokenizers up, and random ones."""

import csv
import random

import pytest

ODD_TEXTS = [
    *("", " ", "\n", "\t \r\n", "a", "我", "，", "😂", "\u0301", "\u3000"),
    "BERT 是双向 Transformer，GPT-4。是吗？（是）",
    "Ｆｕｌｌ－ｗｉｄｔｈ　１２３，全角！“引号”、《书名》……——",
    "naïve café Ångström Åström ŁÓDŹ ﬁancé ½ ① ㍿ № ™ x² İstanbul ΣΊΣΥΦΟΣ ΟΔΟΣ ß ẞ",
    "👩🏽‍💻 and 👨‍👩‍👧‍👦, 🇨🇳 1️⃣ ❤️❤ 🏴󠁧󠁢󠁥󠁮󠁧󠁿!",
    "a\x00b\x07c\x1bd\x7fe\x85f\u200bg\u200dh\ufeffi\u2028j\u2029k\xa0l\xadm\ue000n\ufffdo",
    "[CLS] spelt [MASK] in text [SEP] [UNK] [PAD] ## ##ing",
    "<|endoftext|> </s> <extra_id_0> <pad> <unk> <s> ⁇ ▁ ▁▁ a▁b",
    "don't won’t O'Neill's e-mail@example.com https://例子.测试/路径?q=1&r=%E4%BD%A0#x",
    "3.14 1,000,000 10:30 2026-01-31 C++ a_b __init__ $5 €7 ¥8 100% ~`^|<>=+",
    "かなカナｶﾅ漢字 한국어 ไทยไม่มีช่องว่าง हिन्दी العربية עברית Привет",
    "𠮷野家 𪚥 㐀 豈 龘 々〇 ⺀ ⼀",
    "e\u0301 \u1100\u1161 가 각 \U0001d400\U0001d41b",
    *("x" * 99, "x" * 100, "x" * 101, "un" * 200, "é" * 100, "é" * 101),
    *("ж" * 60, "ж" * 101, "ไ" * 50, "か" * 101, "中" * 150, "!" * 150, "😂" * 30),
    "word " * 50 + "x" * 400 + ",y" * 60,
]


@pytest.fixture(scope="session")
def reviews(project) -> dict[str, list[str]]:
    """The training reviews of this project by language, 576 zh and 612 en."""
    found = {}
    for language in ("zh", "en"):
        path = project / "data" / f"reviews_{language}" / "train.csv"
        with open(path, encoding="utf-8", newline="") as file:
            found[language] = [row["text"] for row in csv.DictReader(file)]
    return found


@pytest.fixture(scope="session")
def odd_texts() -> list[str]:
    """Mixed scripts, accents, emoji, control characters, very long words."""
    return ODD_TEXTS


@pytest.fixture(scope="session")
def random_texts() -> list[str]:
    """2,000 strings of characters that the odd texts have, from one seed."""
    draw = random.Random(0)
    characters = sorted(set("".join(ODD_TEXTS)))
    return [
        "".join(draw.choices(characters, k=draw.randint(0, 40))) for _ in range(2000)
    ]
