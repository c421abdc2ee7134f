"""Stop words (停用词) of English and Chinese: for word counts, not sequence models.

Article: §9.2 (去停用词, removing stop words). Erratum: E16: a language model needs
every word, and the lists in use hold the negations (不, 没有, not, never) that turn a
sentence's meaning around. So nothing here is removed unless the caller asks, and the
negations are a list of their own.
"""

from collections.abc import Sequence

NEGATIONS = {
    "en": frozenset(
        """no nor not never neither none nobody nothing nowhere hardly cannot can't
        don't doesn't didn't isn't aren't wasn't weren't won't wouldn't shouldn't
        couldn't haven't hasn't hadn't without""".split()
    ),
    "zh": frozenset("不 没 没有 无 非 未 别 莫 勿 不是 不会 不能 不要 毫不".split()),
}

STOP_WORDS = {
    "en": NEGATIONS["en"]
    | frozenset(
        """a about after again all also am an and any are as at be because been before
        being between both but by can could did do does doing down during each either
        few for from further had has have having he her here hers herself him himself
        his how i i'd i'll i'm i've if in into is it it's its itself just let's me more
        most my myself now of off on once only or other our ours ourselves out over own
        same she should so some such than that that's the their theirs them themselves
        then there these they they're this those through to too under until up us very
        was we we're were what when where which while who whom whose why will with would
        you you'd you'll you're you've your yours yourself yourselves""".split()
    ),
    "zh": NEGATIONS["zh"]
    | frozenset(
        """的 了 和 是 在 就 都 而 及 与 着 或 一个 我 我们 你 你们 您 他 他们 她 她们
        它 它们 这 那 这个 那个 这些 那些 这里 那里 之 的话 说 也 很 还 又 再 把 被 让
        给 向 往 从 到 对 对于 关于 以 以及 因为 所以 但 但是 虽然 如果 那么 然后 而且
        并 并且 或者 只 只有 只是 才 更 最 太 非常 十分 比较 一点 一些 有点 吗 呢 吧 啊
        呀 哦 嗯 哪 哪里 什么 怎么 为什么 多少 几 自己 其 其他 此 该 各 每 某 等 等等
        上 下 中 里 后 前 时 年 月 日 会 能 要 可以 可能 应该 得 地 过 来 去""".split()
    ),
}


def remove_stop_words(
    tokens: Sequence[str], language: str, keep_negations: bool = True
) -> list[str]:
    """Drops the stop words of one text.

    Args:
        tokens: the text's tokens, of any case and either apostrophe (don't, don’t).
        language: "en" or "zh".
        keep_negations: False drops the negations as well, as the lists in common use
            do: E16 shows what that costs.

    Raises:
        ValueError: there is no list for the language.

    Example:
        >>> remove_stop_words(["this", "is", "not", "good"], "en")
        ['not', 'good']
        >>> remove_stop_words(["这", "不", "好看"], "zh", keep_negations=False)
        ['好看']
    """
    if language not in STOP_WORDS:
        raise ValueError(
            f"expected a language of {sorted(STOP_WORDS)}, got {language!r}"
        )
    dropped = STOP_WORDS[language]
    if keep_negations:
        dropped = dropped - NEGATIONS[language]
    return [
        token for token in tokens if token.casefold().replace("’", "'") not in dropped
    ]
