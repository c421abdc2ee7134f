"""The public text classification sets: origin, licence, schema, files, checksums.

Article: §5.3.3 (模型训练, step 1), §6 (item 1, text classification).

Source of the download checksums: ``datasets/<name>/dataset_infos.json`` of Hugging Face
``datasets`` 2.x (field ``download_checksums``); each one stands in at least one other,
unrelated public repository as well.
"""

from roots_tf.datasets.data_set import DataFile, DataSet, Download

_CHINESE_NLP_CORPUS = (
    "https://github.com/SophonPlus/ChineseNlpCorpus/tree/master/datasets/"
)
_AG_NEWS_CSV = (  # a commit, so that the bytes cannot change under the address
    "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/"
    "555590db4219b1243abb1918effd6a7425a2d75f/data/ag_news_csv/"
)
_TREC = "https://cogcomp.seas.upenn.edu/Data/QA/QC/"

CLASSIFICATION = (
    DataSet(
        name="imdb",
        task="sentiment, 2 classes",
        language="en",
        source="https://ai.stanford.edu/~amaas/data/sentiment/",
        licence="no licence text, authors ask for citation; research use",
        schema="CSV with header, gzip: id, rating, label (1 pos., 0 neg.), text",
        files=(
            DataFile(
                "imdb/train.csv.gz",
                13560955,
                "a481ce6a7959574a471efd7ac72bccf7f007cb8af211a62dbf8b8faa4e1c2608",
            ),
            DataFile(
                "imdb/test.csv.gz",
                12175699,
                "698bc4c0239fe269ba42ae9e32e3df2925a5a6990da62af1ce87f939953cd556",
            ),
        ),
        downloads=(
            Download(
                "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
                "imdb/aclImdb_v1.tar.gz",
                84125825,
                "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
                unpack_to="imdb/official",
            ),
        ),
    ),
    DataSet(
        name="sst2",
        task="sentiment, 2 classes",
        language="en",
        source="https://nlp.stanford.edu/sentiment/",
        licence="none stated",
        schema="TSV, no header: sentence, label (1 positive, 0 negative)",
        files=(
            DataFile(
                "sst2/train.tsv",
                720259,
                "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920",
            ),
            DataFile(
                "sst2/dev.tsv",
                92057,
                "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359",
            ),
            DataFile(
                "sst2/test.tsv",
                188749,
                "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7",
            ),
        ),
        downloads=(
            Download(
                "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip",
                "sst2/trainDevTestTrees_PTB.zip",
                789539,
                "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
                unpack_to="sst2/official",
            ),
        ),
    ),
    DataSet(
        name="ag_news",
        task="news topic, 4 classes",
        language="en",
        source="http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
        licence="research and other non-commercial use",
        schema="CSV with header: class 1-4 and text, description, or title and both",
        files=(
            DataFile(
                "ag_news/train_subset.csv",
                1206493,
                "d97dc99d00a35eeb6be131ad73540e565f1ba89d1513e1a9563dd316860a3d76",
            ),
            DataFile(
                "ag_news/train_descriptions.csv",
                1724921,
                "6c90ca98a0bb314c2b983d9345437ddb4c678beb9365b9e5efded651172bf52b",
            ),
            DataFile(
                "ag_news/test.csv",
                1580659,
                "61a558dfc29a93e3e7fe06d3baaecfdb0fe47e59a6fd1d80b17455f7612be3ac",
            ),
        ),
        downloads=(
            Download(
                _AG_NEWS_CSV + "train.csv",
                "ag_news/official/train.csv",
                29470338,
                "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e",
            ),
            Download(
                _AG_NEWS_CSV + "test.csv",
                "ag_news/official/test.csv",
                1857427,
                "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699",
            ),
        ),
    ),
    DataSet(
        name="trec",
        task="question type, 6 classes",
        language="en",
        source=_TREC,
        licence="none stated",
        schema="CSV with header: coarse, fine, text",
        files=(
            DataFile(
                "trec/train.csv",
                336670,
                "3bb1b8a48934b1705574b99c7457df2b3329149bb5bf83f999f289e592c9fae2",
            ),
            DataFile(
                "trec/test.csv",
                23395,
                "893a7024401ad9508d4ffe0c1cc34896266e4a417f3207737f9ee986b81239f3",
            ),
        ),
        downloads=(
            Download(
                _TREC + "train_5500.label",
                "trec/official/train_5500.label",
                335858,
                "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
            ),
            Download(
                _TREC + "TREC_10.label",
                "trec/official/TREC_10.label",
                23354,
                "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
            ),
        ),
    ),
    DataSet(
        name="chnsenticorp",
        task="hotel review sentiment, 2 classes",
        language="zh",
        source="ChnSentiCorp_htl_all, Tan Songbo; edition of ChineseNlpCorpus",
        licence="none stated; research use",
        schema="CSV with header: label (1 positive, 0 negative), review",
        files=(
            DataFile(
                "chnsenticorp_htl/ChnSentiCorp_htl.csv",
                2703329,
                "a45c9ccb9ba5b152d9de94aae4849b5516557b3c7e48a451ac0eaddae96e749c",
            ),
        ),
        by_hand=_CHINESE_NLP_CORPUS + "ChnSentiCorp_htl_all",
    ),
    DataSet(
        name="thucnews",
        task="headline topic, 10 classes",
        language="zh",
        source="http://thuctc.thunlp.org, the cut of 200,000 headlines by huwenxing",
        licence="THUCNews: free for research; the cut: MIT",
        schema="TSV, no header: title, class number (line of class.txt, from 0)",
        files=(
            DataFile(
                "thucnews/class.txt",
                82,
                "005e8813ad639c219e5902dc84889202b4a717b4238497d26c3fbd5e43927a86",
            ),
            DataFile(
                "thucnews/train_45k.txt",
                2487066,
                "6cb2d0a2c25c06ca51bc526cfa0a451fed2ee0382dce0b3ae5e322555eef0aa8",
            ),
            DataFile(
                "thucnews/dev.txt",
                551313,
                "6ed73aa2c57ee1560c8f76570d48735c4b1c29ae4983fe3523d56e115813e175",
            ),
            DataFile(
                "thucnews/test.txt",
                496322,
                "7f0ff56291dda685ece126a51f0292962c6e0a37169370ae7deeede73fcdf4e3",
            ),
        ),
        by_hand="https://github.com/649453932/Chinese-Text-Classification-Pytorch",
    ),
    DataSet(
        name="waimai",
        task="food delivery review sentiment, 2 classes",
        language="zh",
        source="waimai_10k of ChineseNlpCorpus, author unknown",
        licence="none stated; research use",
        schema="CSV with header: label (1 positive, 0 negative), review",
        files=(
            DataFile(
                "waimai_10k/waimai_10k.csv",
                919380,
                "b8b5c11c00b51578d35937fca56e03a126b45381f1ea4b22893237cb377a26fe",
            ),
        ),
        by_hand=_CHINESE_NLP_CORPUS + "waimai_10k",
    ),
    DataSet(
        name="online_shopping",
        task="shopping review sentiment, 2 classes",
        language="zh",
        source="online_shopping_10_cats of ChineseNlpCorpus, author unknown",
        licence="none stated; research use",
        schema="CSV with header, gzip: cat, label (1 positive, 0 negative), review",
        files=(
            DataFile(
                "online_shopping_10_cats/online_shopping_10_cats.csv.gz",
                4321682,
                "deeb4391cc922d6ea5378bf6ca87b93055e03369c0251501c7d5792c30f3f024",
            ),
        ),
        by_hand=_CHINESE_NLP_CORPUS + "online_shopping_10_cats",
    ),
)
