"""The public named entity sets: origin, licence, schema, files, checksums.

Article: §5.2 (the printed model labels tokens, erratum E12), §5.3.3 (模型训练, step 1).

Source of the download checksums: ``datasets/<name>/dataset_infos.json`` of Hugging Face
``datasets`` 2.x (field ``download_checksums``); each one stands in at least one other,
unrelated public repository as well.
"""

from roots_tf.datasets.data_set import DataFile, DataSet, Download

_WNUT17 = "https://raw.githubusercontent.com/leondz/emerging_entities_17/master/"

TAGGING = (
    DataSet(
        name="cluener",
        task="named entities, 10 types",
        language="zh",
        source="https://github.com/CLUEbenchmark/CLUENER2020",
        licence="none stated; built on THUCTC, Sina News",
        schema="JSON lines: text, label {type: {entity: [[start, end]]}}, end included",
        files=(
            DataFile(
                "ner_zh/cluener_train.jsonl",
                2262996,
                "60299d202779dc84f3c3bd81f4dc08f5323d0dbf762cb50cd62dd51aa9a871f8",
            ),
            DataFile(
                "ner_zh/cluener_dev.jsonl",
                285089,
                "90036b59832e007c45d11eafe5ed80549f58a18a29aaa7fe8b1229622c69ec38",
            ),
        ),
        by_hand="https://github.com/CLUEbenchmark/CLUENER2020 (cluener_public.zip)",
    ),
    DataSet(
        name="msra",
        task="named entities, 3 types",
        language="zh",
        source="SIGHAN bakeoff 2006; dh_msra of ChineseNlpCorpus",
        licence="none stated; research use",
        schema="gzip: character TAB tag, BIO, a blank line between sentences",
        files=(
            DataFile(
                "ner_zh/msra.tsv.gz",
                3676987,
                "3f7f4a9a5b3c671d7959824bd548479512cb2317866e1cbae289f0cafd2dd7fe",
            ),
        ),
        by_hand="https://github.com/SophonPlus/ChineseNlpCorpus (datasets/dh_msra)",
    ),
    DataSet(
        name="wnut17",
        task="named entities, 6 types",
        language="en",
        source="https://github.com/leondz/emerging_entities_17",
        licence="CC BY 4.0",
        schema="token TAB tag, BIO, a blank line between sentences",
        files=(
            DataFile(
                "ner_en/wnut17_train.conll",
                493781,
                "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
            ),
            DataFile(
                "ner_en/wnut17_dev.conll",
                114752,
                "eddb4c7250f563f3746df0bfd00057cde948dfbb75140a753cdb2c27f82f0f66",
            ),
            DataFile(
                "ner_en/wnut17_test.conll",
                192425,
                "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
            ),
        ),
        downloads=(
            Download(
                _WNUT17 + "wnut17train.conll",
                "ner_en/official/wnut17train.conll",
                493781,
                "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
            ),
            Download(
                _WNUT17 + "emerging.dev.conll",
                "ner_en/official/emerging.dev.conll",
                114749,
                "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
            ),
            Download(
                _WNUT17 + "emerging.test.annotated",
                "ner_en/official/emerging.test.annotated",
                192425,
                "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
            ),
        ),
    ),
)
