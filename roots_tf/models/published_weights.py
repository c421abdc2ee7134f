"""Published models into this code, and models trained here into the world's.

    model = load_published("folder")                         Bert, Albert, ...
    model = load_published("folder", EncoderPretraining)     with the heads in the file
    save_published(model, "folder")                          `transformers` opens it

A folder holds ``config.json`` and ``model.safetensors`` in Hugging Face's layout;
``download("google-bert/bert-base-chinese")`` fetches one from the hub. What tensor
belongs where stands in ``published_<model>.py``, what is written how in
``checkpoint.py``.

Article: §7.2.3 (Hugging Face), §7.3, §10.
"""

from pathlib import Path

import keras

from roots_tf.models import (
    checkpoint,
    published_albert,
    published_bert,
    published_gpt2,
    published_t5,
)
from roots_tf.models.encoder_heads import TextClassifier, TokenClassifier

FORMATS = {
    module.MODEL_TYPE: module
    for module in (published_bert, published_albert, published_gpt2, published_t5)
}
FILES = (
    *(checkpoint.CONFIGURATION, checkpoint.WEIGHTS),
    *("vocab.txt", "tokenizer.json", "tokenizer_config.json", "spiece.model"),
    *("vocab.json", "merges.txt"),
)


def load_published(
    folder: str | Path, head: type[keras.Model] | None = None
) -> keras.Model:
    """Reads a model from a folder, every tensor of it.

    Args:
        folder: with ``config.json`` and ``model.safetensors``.
        head: ``EncoderPretraining``, ``TextClassifier``, ``TokenClassifier`` or
            ``SpanClassifier`` for the model with the head that the file has; None for
            the model alone, whatever head the file has.

    Raises:
        ValueError: the folder holds no such model, or a tensor is missing, left over or
            of another shape.
    """
    configuration = checkpoint.read_configuration(folder)
    published = _format(configuration.get("model_type"), folder)
    if head is not None and head not in published.CLASSES:
        raise ValueError(f"expected a head for {published.MODEL_TYPE}, got {head!r}")
    try:
        config = published.our_config(configuration)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{folder}: {checkpoint.CONFIGURATION}: {error}") from None
    tensors = {
        name.removeprefix(published.PREFIX): tensor
        for name, tensor in checkpoint.read_tensors(folder).items()
    }
    core = model = published.MODEL(config)
    if head is not None:
        model = _with_head(core, head, tensors, folder)
    model.build()
    checkpoint.fill(
        {**_core_table(published, core, model), **published.head_table(model)},
        tensors,
        folder,
        copies=published.COPIES,
        ignored=published.CONSTANTS + (published.HEADS if head is None else ()),
    )
    return model


def save_published(model: keras.Model, folder: str | Path) -> None:
    """Writes a model so that ``transformers`` opens it; whole or not at all.

    Args:
        model: built; a model of ``FORMATS``, alone or with a head.
        folder: new, or a checkpoint to replace. The files of its tokenizer are for the
            caller to add.

    Raises:
        ValueError: no format for this model, or ``folder`` is something else.
    """
    for published in FORMATS.values():
        alone = isinstance(model, published.MODEL)
        core = model if alone else getattr(model, "encoder", None)
        if isinstance(core, published.MODEL) and type(model) in published.CLASSES:
            break
    else:
        raise ValueError(
            f"expected a model of {', '.join(FORMATS)}, got {type(model).__name__}"
        )
    prefix = published.prefix(model)
    core_table = _core_table(published, core, model)
    table = {prefix + name: place for name, place in core_table.items()}
    configuration = {
        "model_type": published.MODEL_TYPE,
        "architectures": [published.CLASSES[type(model)]],
        **published.published_config(core),
        "dtype": "float32",
    }
    if isinstance(model, TextClassifier | TokenClassifier):
        labels = {str(n): f"LABEL_{n}" for n in range(model.num_classes)}
        configuration["id2label"] = labels
        configuration["label2id"] = {label: int(n) for n, label in labels.items()}
    checkpoint.write(folder, {**table, **published.head_table(model)}, configuration)


def download(name: str, revision: str | None = None) -> Path:
    """Fetches a model from the Hugging Face hub; what is there already is not fetched.

    Args:
        name: such as ``"google-bert/bert-base-uncased"``.
        revision: branch, tag or commit; the newest if not given.

    Returns:
        The folder, in the hub's own cache.

    Raises:
        ValueError: ``huggingface_hub`` is not installed, or the hub has no such model,
            or cannot be reached.
    """
    try:
        import huggingface_hub
    except ImportError:
        raise ValueError(
            f"{name}: expected the package huggingface_hub, got none: "
            "python -m pip install huggingface_hub"
        ) from None
    try:
        folder = huggingface_hub.snapshot_download(
            name, revision=revision, allow_patterns=list(FILES)
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{name}: cannot be downloaded: {reason:.200}") from None
    return Path(folder)


def _format(model_type, folder):
    if model_type not in FORMATS:
        raise ValueError(
            f"{folder}: expected a model_type of {', '.join(FORMATS)}, "
            f"got {model_type!r}"
        )
    return FORMATS[model_type]


def _core_table(published, core, model) -> checkpoint.Table:
    table = published.core_table(core)
    if getattr(model, "reads_pooled", True):
        return table
    # Published models have no pooler where their head does not read it.
    return {n: place for n, place in table.items() if not n.startswith("pooler.")}


def _with_head(model, head, tensors, folder):
    if head in (TextClassifier, TokenClassifier):
        if "classifier.weight" not in tensors:
            raise ValueError(f"{folder}: expected a tensor classifier.weight, got none")
        return head(model, num_classes=tensors["classifier.weight"].shape[0])
    return head(model)
