"""The public running texts, for word vectors and language models: origin, files.

Article: §2.1 (海量数据, masses of text), §3.1.1 step 1, §6.4.

These very cuts are published nowhere, so they have no download; other text of the kind,
a sentence or paragraph a line, is read from any file (`plain_text.load_plain_text`).
"""

from roots_tf.datasets.data_set import DataFile, DataSet

PLAIN_TEXT = (
    DataSet(
        name="enwiki_slice",
        task="plain text",
        language="en",
        source="English Wikipedia, https://en.wikipedia.org, dumps of 2019-2021",
        licence="CC BY-SA 3.0",
        schema="gzip: title, paragraphs, one a line; a blank line between pages",
        files=(
            DataFile(
                "corpus_en/enwiki_slice.txt.gz",
                24122553,
                "1e072e1a5777b1c348cfe89c9c1d83ce254913a7b5d2bb6f8a06e53334e99d25",
            ),
        ),
        by_hand="https://dumps.wikimedia.org/enwiki (extract the text of any pages)",
    ),
    DataSet(
        name="tang_poems",
        task="plain text, poems by their form",
        language="zh",
        source="https://github.com/chinese-poetry/chinese-poetry (全唐诗)",
        licence="MIT; the poems are public domain",
        schema="gzip, JSON lines: title, author, paragraphs; traditional characters",
        files=(
            DataFile(
                "chinese_poetry/tang.jsonl.gz",
                6919640,
                "5e7c2ecd9528ccb6d22a481bddfa21e7d30f435f301b217a92d08dc799673d12",
            ),
        ),
        by_hand="https://github.com/chinese-poetry/chinese-poetry (poet.tang.*)",
    ),
    DataSet(
        name="text8_head",
        task="plain text",
        language="en",
        source="http://mattmahoney.net/dc/textdata.html",
        licence="CC BY-SA 3.0 (text of Wikipedia)",
        schema="gzip: one line of lower-case words, the first 6.9 MB of text8",
        files=(
            DataFile(
                "corpus_en/text8_head.txt.gz",
                2299623,
                "4d726e07b62081a5e794f53bfae7ce8f7afc4ec88886b6388e94b8043fe353bb",
            ),
        ),
        by_hand="https://mattmahoney.net/dc/text8.zip (cut and gzip its beginning)",
    ),
    DataSet(
        name="wikitext2",
        task="plain text",
        language="en",
        source="Merity et al., ICLR 2017, https://wikitext.smerity.com",
        licence="CC BY-SA 3.0 (text of Wikipedia)",
        schema="valid and test alone: words split by spaces, <unk> for rare ones",
        files=(
            DataFile(
                "corpus_en/wikitext2_valid.txt",
                1121681,
                "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
            ),
            DataFile(
                "corpus_en/wikitext2_test.txt",
                1256449,
                "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
            ),
        ),
        by_hand="https://wikitext.smerity.com/wikitext-2-v1.zip (valid, test)",
    ),
    DataSet(
        name="zhwiki_slice",
        task="plain text",
        language="zh",
        source="Chinese Wikipedia, https://zh.wikipedia.org, a dump's late pages",
        licence="CC BY-SA 3.0",
        schema="gzip: title, paragraphs, one a line; a blank line between pages",
        files=(
            DataFile(
                "corpus_zh/zhwiki_slice.txt.gz",
                14943009,
                "049ae937919a68f8af69603322f142bfbf7766d9caf0e2e91a890b646986c266",
            ),
        ),
        by_hand="https://dumps.wikimedia.org/zhwiki (extract the text of any pages)",
    ),
)
