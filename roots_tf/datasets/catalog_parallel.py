"""The public sets of sentence pairs: origin, licence, schema, files, checksums.

Article: §6 (2. 机器翻译).
"""

from roots_tf.datasets.data_set import DataFile, DataSet

PARALLEL = (
    DataSet(
        name="tatoeba",
        task="translation, everyday sentences",
        language="zh-en",
        source="https://www.manythings.org/anki/ (cmn-eng), from https://tatoeba.org",
        licence="CC BY 2.0 FR; the third column is the attribution",
        schema="TSV without header: English, Chinese, attribution",
        files=(
            DataFile(
                "mt_zh_en/tatoeba_cmn_eng.tsv.gz",
                1183896,
                "3662ef01b0f92c9991218f93f484e4cc03ce6b332cb2f266f31738e39b218613",
            ),
        ),
        by_hand="https://www.manythings.org/anki/ (cmn-eng.zip, cmn.txt), gzip",
    ),
    DataSet(
        name="3am",
        task="translation, captions of pictures",
        language="zh-en",
        source="https://github.com/MaxyLee/3AM",
        licence="MIT",
        schema="TSV without header: English, Chinese",
        files=(
            DataFile(
                "mt_zh_en/3am_train.tsv",
                3134768,
                "d19e81654c69abd669993ae4aa39d77ba705715ad21c545fe31979bf8ee64d48",
            ),
            DataFile(
                "mt_zh_en/3am_val.tsv",
                131091,
                "f7c3330871bcea8ccc54a40a2329f89c4fd3e866db6e4fd587d2de4a6d33df1f",
            ),
            DataFile(
                "mt_zh_en/3am_test.tsv",
                136999,
                "28f214d9432bdce33d6bbf76ae1f755c6a4f4de4cda93459cfdcd92c604502a8",
            ),
        ),
        by_hand="https://github.com/MaxyLee/3AM (text of train, val and test)",
    ),
)
