"""The public sets that word vectors are judged by: analogies and word similarity.

Article: §2.3 (词向量).

Source of the checksum of questions-words.txt: the copy that the gensim package carries
(``gensim/test/test_data``) has it too.
"""

from roots_tf.datasets.data_set import DataFile, DataSet, Download

_QUESTIONS = (
    "https://raw.githubusercontent.com/tmikolov/word2vec/"
    "20c129af10659f7c50e86e3be406df663beff438/questions-words.txt"
)
_QUESTIONS_SHA256 = "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36"


def _analogies(name, language, source, by_hand, *file, downloads=()) -> DataSet:
    return DataSet(
        name=name,
        task="word analogies",
        language=language,
        source=source,
        licence="Apache-2.0",
        schema="': section' lines; else four words: a is to b as c is to d",
        files=(DataFile(*file),),
        downloads=downloads,
        by_hand=by_hand,
    )


def _similarities(
    name,
    source,
    *file,
    language="en",
    licence="collection: MIT; the set: its authors'",
    by_hand="https://github.com/mfaruqui/eval-word-vectors (data/word-sim)",
) -> DataSet:
    return DataSet(
        name=name,
        task="word similarity",
        language=language,
        source=source,
        licence=licence,
        schema="word TAB word TAB score, higher is more alike",
        files=(DataFile(*file),),
        by_hand=by_hand,
    )


_CHINESE = "https://github.com/Embedding/Chinese-Word-Vectors (testsets)"

WORD_RELATIONS = (
    _analogies(
        "questions-words",
        "en",
        "Mikolov et al. 2013 (1301.3781)",
        "",
        "wordvec_eval/en/questions-words.txt",
        603955,
        _QUESTIONS_SHA256,
        downloads=(
            Download(
                _QUESTIONS,
                "wordvec_eval/en/questions-words.txt",
                603955,
                _QUESTIONS_SHA256,
            ),
        ),
    ),
    _analogies(
        "questions-phrases",
        "en",
        "Mikolov et al. 2013 (1310.4546)",
        "https://github.com/tmikolov/word2vec (questions-phrases.txt)",
        "wordvec_eval/en/questions-phrases.txt",
        168209,
        "55cfc0894d0fe6cf974d106da3e09b5fb2fa6125b6ddc633d06e298dc5aa7901",
    ),
    _analogies(
        "ca8-morphological",
        "zh",
        "Li et al. 2018 (ACL, P18-2023)",
        _CHINESE,
        "wordvec_eval/zh/CA8_morphological.txt",
        331723,
        "fce06bc02affb1b66dbc5382fac8d5724385e9acd6f1be621fe4705386aa6a98",
    ),
    _analogies(
        "ca8-semantic",
        "zh",
        "Li et al. 2018 (ACL, P18-2023)",
        _CHINESE,
        "wordvec_eval/zh/CA8_semantic.txt",
        257963,
        "e72f5f36a6227ee09bcbc8cf14be85cc72289bbca9b442cf3427fb5ae770594a",
    ),
    _analogies(
        "ca-translated",
        "zh",
        "Chen et al. 2015 (IJCAI)",
        _CHINESE,
        "wordvec_eval/zh/CA_translated.txt",
        30584,
        "138b20e2ccecc3c645380aa228f22ce00b46aba65d4c67a7c60bfdb38cbe11d0",
    ),
    _similarities(
        "wordsim-353",
        "Finkelstein et al. 2002",
        "wordvec_eval/en/EN-WS-353-ALL.txt",
        7052,
        "7968d0b0f8851fd1932c0aa998482f12396761774769450b290f142f52942b8c",
    ),
    _similarities(
        "wordsim-353-similarity",
        "Agirre et al. 2009 (NAACL)",
        "wordvec_eval/en/EN-WS-353-SIM.txt",
        4002,
        "f1da938998863c94e53f72f984a5c6e215f0b46c323aae8f0f4930703a339107",
    ),
    _similarities(
        "wordsim-353-relatedness",
        "Agirre et al. 2009 (NAACL)",
        "wordvec_eval/en/EN-WS-353-REL.txt",
        5134,
        "66a7c88100624d0a391605ff61ce84e11d11ee620d51ec0298da49592838f8fa",
    ),
    _similarities(
        "simlex-999",
        "Hill, Reichart and Korhonen 2015",
        "wordvec_eval/en/EN-SIMLEX-999.txt",
        18024,
        "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685",
    ),
    _similarities(
        "simverb-3500",
        "Gerz et al. 2016 (EMNLP)",
        "wordvec_eval/en/EN-SimVerb-3500.txt",
        61816,
        "c31adf2ee2954b144117a17f37c19eeeaf8e470b29980168d8f7a816dd1c4386",
    ),
    _similarities(
        "mturk-287",
        "Radinsky et al. 2011 (WWW)",
        "wordvec_eval/en/EN-MTurk-287.txt",
        7218,
        "a9ae3a9decb75a9700fe0cf18b048c1344774d9f40e0196baf8e34d4cd9d1ce5",
    ),
    _similarities(
        "mturk-771",
        "Halawi et al. 2012 (KDD)",
        "wordvec_eval/en/EN-MTurk-771.txt",
        18857,
        "df8d1bcaa0b6f94aaeb0a0fbddf8b9f003eb70a1e1f2b3f50aaf86d4ff3d6819",
    ),
    _similarities(
        "rg-65",
        "Rubenstein and Goodenough 1965",
        "wordvec_eval/en/EN-RG-65.txt",
        1210,
        "c243f3a91c3f5d8cf67f21a67f6fb80bde8b6bb060851a6a48e6f2d68ec98c9f",
    ),
    _similarities(
        "mc-30",
        "Miller and Charles 1991",
        "wordvec_eval/en/EN-MC-30.txt",
        543,
        "33ee05911496ff83d95cac351d0746c6f63b9181b605cb7d307f4daa8864511b",
    ),
    _similarities(
        "yp-130",
        "Yang and Powers 2006",
        "wordvec_eval/en/EN-YP-130.txt",
        2614,
        "7643fdbc6158c3424061e2cba450c71285767266ff9f3db947bfc1f1f5ce67ab",
    ),
    _similarities(
        "verb-143",
        "Baker, Reichart and Korhonen 2014 (EMNLP)",
        "wordvec_eval/en/EN-VERB-143.txt",
        3176,
        "37bf50e1f8ccdddbacbc49ff12a4be26820e8d666aa966b698eabd40901821db",
    ),
    _similarities(
        "wordsim-240",
        "Wang et al. 2011",
        "wordvec_eval/zh/wordsim-240.txt",
        4657,
        "b222ba1eeb454199fa1dfad6b74691d73bdf91f6b1468113f5ae499b4e19c4e4",
        language="zh",
        licence="none stated",
        by_hand="https://github.com/Leonard-Xu/CWE (data/240.txt)",
    ),
)
