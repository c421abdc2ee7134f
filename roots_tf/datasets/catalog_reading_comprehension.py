"""The public reading comprehension sets: origin, licence, schema, files, checksums.

Article: §6 (3. 问答系统).
"""

from roots_tf.datasets.data_set import DataFile, DataSet

_SCHEMA = "SQuAD 1.1 JSON: paragraphs of context and qas {question, answers}"

READING_COMPREHENSION = (
    DataSet(
        name="squad",
        task="answers in a passage",
        language="en",
        source="https://rajpurkar.github.io/SQuAD-explorer/ (v1.1 dev, the test part), "
        "https://modestyachts.github.io/squadshifts-website/ (train)",
        licence="SQuAD: CC BY-SA 4.0; SQuADShifts: none stated; research use",
        schema=_SCHEMA,
        files=(
            DataFile(
                "qa_squad/squadshifts_new_wiki.json.gz",
                772274,
                "184c1665015c4e944089da6257d0aecf9f1c34af27c03031cc487e8532524f1d",
            ),
            DataFile(
                "qa_squad/squadshifts_reddit.json.gz",
                1054056,
                "c787cfa5ee0fe1608442f8ff454565fcc08be1becd04eec6b515a27bc4d9bf51",
            ),
            DataFile(
                "qa_squad/squadshifts_amazon_reviews.json.gz",
                1026903,
                "8f6c40990ce02304fbfc4f8d9ce0371f7617bb8dddb07cf99b59f30be99382cf",
            ),
            DataFile(
                "qa_squad/dev-v1.1_open.json.gz",
                928324,
                "004c5d165ad2dc58b79a98f0a00d89cc2c54e4911228221335cca98311b9c868",
            ),
        ),
        by_hand="https://rajpurkar.github.io/SQuAD-explorer/ (dev-v1.1.json) and "
        "https://modestyachts.github.io/squadshifts-website/, gzip",
    ),
    DataSet(
        name="xquad_zh",
        task="answers in a passage",
        language="zh",
        source="https://github.com/deepmind/xquad",
        licence="CC BY-SA 4.0",
        schema=_SCHEMA,
        files=(
            DataFile(
                "qa_squad/xquad.zh_open.json",
                328602,
                "852f6ec66911a9f57ffbd471fcdece1f7661133e8b8ba39ce48e8487118d0de4",
            ),
        ),
        by_hand="https://github.com/deepmind/xquad (xquad.zh.json)",
    ),
    DataSet(
        name="cmrc2018",
        task="answers in a passage",
        language="zh",
        source="https://github.com/ymcui/cmrc2018",
        licence="CC BY-SA 4.0",
        schema=_SCHEMA + "; of some answers the start does not point at the text",
        files=(
            DataFile(
                "qa_zh/cmrc2018_dev.json.gz",
                711311,
                "f8db86da35161b1eaadf292667c1c09818975dbcd607131561ea3dab3c427e3c",
            ),
        ),
        by_hand="https://github.com/ymcui/cmrc2018 (squad-style-data, dev), gzip",
    ),
    DataSet(
        name="drcd",
        task="answers in a passage",
        language="zh",
        source="https://github.com/DRCKnowledgeTeam/DRCD",
        licence="CC BY-SA 3.0",
        schema=_SCHEMA + "; traditional characters",
        files=(
            DataFile(
                "qa_zh/DRCD_dev.json.gz",
                767299,
                "cff4e504a797300b06235286d2d9acceb7a076fbdd4f86c27cb544a057f986db",
            ),
            DataFile(
                "qa_zh/DRCD_test.json.gz",
                739158,
                "71906c899b7fbdc1d78d954b238295cfcf19acfb276d0ca76112df10e49a0a23",
            ),
        ),
        by_hand="https://github.com/DRCKnowledgeTeam/DRCD, gzip",
    ),
)
