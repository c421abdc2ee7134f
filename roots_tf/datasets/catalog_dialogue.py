"""The public dialogue sets: origin, licence, schema, files, checksums.

Article: §6 (5. 对话系统).
"""

from roots_tf.datasets.data_set import DataFile, DataSet


def _files(form: str, table: str) -> tuple[DataFile, ...]:
    """Gives the files of a table; its lines are: text for {}, bytes, SHA-256."""
    rows = (line.split() for line in table.strip().splitlines())
    return tuple(
        DataFile("dialogue/" + form.format(name), int(size), sha256)
        for name, size, sha256 in rows
    )


_CHATTERBOT_EN = """
ai 8340 620a65787a56641db4a03e1419a7578e813967218cf6721e3ea4ef90844916aa
botprofile 1385 1a694c5288f3f8f87d027d2f98dae71d02efa88e28853a6e5d27e6dbce907294
coding 64011 0de8d7d7e6095164c59d7b0ef97c402c770c2d7982f485ab372dc6736c1a4e79
computers 3744 a222c5a432efe4289e6c5edf1c3d99fd26c48df99db0ff893d1d5ab569f5b750
conversations 4682 1cf105b5802f377b2dc145f741f7df85629c9ca27e450538165286a75b5e3416
emotion 10337 510a018938c1880dd0f67e1ae458e26878c91a570daef5a84fb83713c89f0989
food 1266 68eab2497721d03044d520b70c27d8a0d8ba8e505b3265fb3a1ff3e1a64c7124
gossip 2119 d6f1b1613ed70821fc1c427bdd00395f58b77ff57d76fbe4ab8cb2038cf15c9b
greetings 1035 0dd7eb8dcee8e2a38cd1a137bcfbd7f3eb732cddfa1bd396fac5a24b063a4d55
health 201 eb88edc5302d688ca096374c7e3f5b9d7cd821f053a17d80204c4acdc20ea4f5
history 795 0ff4beeb6ef9b641dc12e1039a149c6a03eb8f2e183702fad2b0997fcc1d63e3
humor 3522 d2aa03a63f0e8e054589f642788afbc41b8c76f5d734c50901a9a63b359ea06b
literature 4077 9361ff1478273d811259ca307a1e6be23a5e08e776a5bc5d9524fb13deb886f1
money 2375 2911d9766625ff5c2feb3d784f2951b2ebd5e9658547efce7568d0282c49274b
movies 1387 075ca9d91a527206c635c88bf0353323826a25a6f2057be1bc71888af389f842
politics 1399 c436d5efedea6f715a8a811423a8edf396097771eb11e43b1f0a43a6aee7c2f0
psychology 4227 5047c211d35f715af4fbc3398f111135e99d34afcd0905a661c40bdeb1413a58
science 2397 3c259799bba36c67a1601fc264ec01ab051e9e63950734ce1ef644e022081fe7
sports 2113 8d1bcc632cad4058e3b8490daa15dcd7c2a51790a7b9140b252600b794590403
tech_support 97407 8a87cdf32579c8efdd9c5f3ef166ae9fb76dcf271b958f5e2265b9246b430655
trivia 19836 3a9de77e6d82803d1ea3eba48cf6543c884908f4c4f50501fed69f88112994dc
"""
_CHATTERBOT_ZH = """
ai 4206 2bcf4865be21fe3617cc32bb6f7322e3b976fc367600c28c39f9d666713e26fc
botprofile 587 7e036208f4df2a873591c40f973a5c421a1676f9d6d36de2fd8bd3b7fed3f734
conversations 3636 b689bacb7b35467c5340f18b32a363a3affb76747c0e6bba78c17bbd15fafb66
emotion 2606 b49abd01b2102d187dbb0d83ad989115d641d9b6798fa098adde2e7922ea4dff
food 493 3d117953affeb6c62ab10ee2d9b58adabcef7b87e42c75afcb738e80b91ef702
gossip 854 5417ed7c694d4202e43be49fb7eb40aba81ec95f90115428adeaab6afe391002
greetings 908 3ee79c3f1c35af1022bf46049968ab22435044b3bc9a287d72c1733c05322329
history 667 1c54656a5c9054ab783f0f7ff903c0f1bf7d3e2b39f0daaeb0054a41ce24ef99
humor 5994 c0b0b7a819d87e22d7ce4af11ffd8545692cfa7632bc66658a537db6ec22dc95
literature 2127 823ce961391461ddfbde987f766082d39cee02349fd6adc1e686b761eec9e9e1
money 1974 25b942878b8eed6fa3ef6a3cc3400323c5278dc37ee43c1ae31e818af6284574
movies 1369 c047762ac4df1ce634efd00346c73076b1f66600f1e7fdabd6d96062eb8976df
politics 993 c7b2b23eeacf1bbeeff5ce9a767b76e6c7df81068850b03d79a48f4064f5df97
psychology 4938 4ab365ccfc38b078269a75bbc7beb5a88bacad1340ee2cdb008924d8bcb4317e
science 2483 5491bac9e5a6deaece06138fc235e9387e26bb73730b32afe43b5f28fb79ba15
sports 1559 315658785fdefc6e15579d4c82971073a39dabe0ff9bf0b95ed10530dd206803
trivia 916 46c1f8bd45d3d3e0c7f7644e7a1d9f8f23d2ecdf7f57bcb0709b355eabd114f2
"""
_KDCONV = """
film_dev 207239 191e44b558208a8bc4127eb71c47830aa7f5657ce95bd1c47ef6322631668c3e
film_test 218663 77d01c26c82c73dec707f56a192e91be779fc2f4e55471b13770502489c0dffe
music_dev 133891 1094d1f72ac3c4681e734feb7a4edf57e9737e9f407c099f8c36b389adcc190a
music_test 152111 54c2b460c4c5323b0cdfec394d021177d605e775d5d77677da4083659fa6c0fc
travel_dev 139426 6239eb56a8a768a6332301d7ed88d9a214b09dc7cc61d64fdd9af267c00de4e9
travel_test 133017 992822684e520c9ea37fb058bbe7fa2525b19fbe5d72d82cb94fdf3bf70d666b
"""
_LCCC = """
lccc_base_test 544889 f26eb991b3897cfa161303fc9f8c4b68bd1c8d9e198406ae7fd79846d3a45b49
"""
_XDAILYDIALOG_EN = """
dev 589452 cb2b86e6503e26390c99b457d886acb2c83aca504187018c602e1280eb5d43ce
part1k 450730 5ded32880c0c80e77bbe8dfc7d24ed0d6be1055335276791331406f2403504be
test 575814 f5f74a02996ecc69f68ca9f3fdc07bb463f10b4b737e397bb66dca673d000bdf
"""
_XDAILYDIALOG_ZH = """
dev 519100 9c92368a48716ec0be3e0cc68b4d9c966facbd4d947db4a2824c3e3593c77741
part1k 394064 483bef6595ad7112da7bb5ae1ecf30ccefee794fad3557fc41d86ef3f568c799
test 500207 fed29ef0cac938c4825dcdf7948c7cbedbc2233af88df422beb037b3d38a6579
"""

_CHATTERBOT = {
    "task": "questions and answers of a chat bot",
    "source": "https://github.com/gunthercox/chatterbot-corpus",
    "licence": "BSD-3-Clause",
    "schema": "YAML, one file a topic: conversations, lists of turns",
}
_XDAILYDIALOG = {
    "task": "everyday dialogues; line n of zh translates line n of en",
    "source": "https://github.com/liuzeming01/XDailyDialog, of DailyDialog (en)",
    "licence": "Apache-2.0; DailyDialog itself CC BY-NC-SA 4.0",
    "schema": "TSV: turns that end with __eou__; dev and test: topic, acts, emotions",
    "by_hand": "https://github.com/liuzeming01/XDailyDialog",
}

DIALOGUE = (
    DataSet(
        name="chatterbot_en",
        language="en",
        files=_files("chatterbot/english/{}.yml", _CHATTERBOT_EN),
        by_hand="https://github.com/gunthercox/chatterbot-corpus (data/english)",
        **_CHATTERBOT,
    ),
    DataSet(
        name="chatterbot_zh",
        language="zh",
        files=_files("chatterbot/chinese/{}.yml", _CHATTERBOT_ZH),
        by_hand="https://github.com/gunthercox/chatterbot-corpus (data/chinese)",
        **_CHATTERBOT,
    ),
    DataSet(
        name="xdailydialog_en",
        language="en",
        files=_files("xdailydialog/en_{}.txt", _XDAILYDIALOG_EN),
        **_XDAILYDIALOG,
    ),
    DataSet(
        name="xdailydialog_zh",
        language="zh",
        files=_files("xdailydialog/zh_{}.txt", _XDAILYDIALOG_ZH),
        **_XDAILYDIALOG,
    ),
    DataSet(
        name="lccc",
        task="posts and replies of Weibo",
        language="zh",
        source="https://github.com/thu-coai/CDial-GPT (LCCC-base, test)",
        licence="MIT (repository); the text belongs to its authors; research use",
        schema="JSON, gzip: dialogues, lists of turns, characters apart by spaces",
        files=_files("{}.json.gz", _LCCC),
        by_hand="https://github.com/thu-coai/CDial-GPT (LCCC-base_test.json), gzip",
    ),
    DataSet(
        name="kdconv",
        task="dialogues on films, music and travel",
        language="zh",
        source="https://github.com/thu-coai/KdConv",
        licence="Apache-2.0",
        schema="JSON, gzip: dialogues of messages {message, attrs (knowledge)}",
        files=_files("kdconv/{}.json.gz", _KDCONV),
        by_hand="https://github.com/thu-coai/KdConv (dev and test of data), gzip",
    ),
)
