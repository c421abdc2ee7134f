"""The public sets of texts with summaries: origin, licence, schema, files, checksums.

Article: §6 (4. 文本生成).
"""

from roots_tf.datasets.data_set import DataFile, DataSet

SUMMARIES = (
    DataSet(
        name="csl_title",
        task="title of a scientific abstract",
        language="zh",
        source="CSL, Li et al., COLING 2022, https://github.com/ydli-ai/CSL",
        licence="Apache-2.0",
        schema="dev and test alone, TSV without header: task, abstract, title",
        files=(
            DataFile(
                "summaries/csl_title_dev.tsv",
                623069,
                "63fc67552bdad69b392e89295c8055e2c1b8d5e8acf6fec614738056451ccb45",
            ),
            DataFile(
                "summaries/csl_title_test.tsv",
                620191,
                "51900a71a26193525e98fa4e65c0e78ea4ca0b84cd1f0da0de0690ffdb85791d",
            ),
        ),
        by_hand="https://github.com/ydli-ai/CSL (benchmark, task TS)",
    ),
    DataSet(
        name="bbc_news",
        task="sentences that sum up a news article",
        language="en",
        source="BBC News Summary (Sharif 2018), http://mlg.ucd.ie/datasets/bbc.html",
        licence="copyright BBC, non-commercial research",
        schema="CSV with header: category, id, article, summary (extractive)",
        files=(
            DataFile(
                "summaries/bbc_news_summary.csv.gz",
                2021620,
                "ab44cfd86eb065df79e1bf5a8f8e9f354671eb1c38b0aac0ccd4a2962d5b9702",
            ),
        ),
        by_hand="https://www.kaggle.com/datasets/pariza/bbc-news-summary (as one CSV)",
    ),
)
