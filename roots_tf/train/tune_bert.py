"""Trials of BERT's fine-tuning: its accuracy on the validation texts.

Article: §3.3.2, §4.3.2, §5.2.
Source of the ranges: Devlin et al. 2018 (1810.04805), App. A.3, and wider.
"""

from dataclasses import replace
from pathlib import Path

from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.datasets.classification import TextClassificationData
from roots_tf.optimization import losses
from roots_tf.train.bert_finetune import BertFinetuneOptions
from roots_tf.train.bert_finetune_parts import (
    EncoderBatches,
    build_classifier,
    make_encoder,
)
from roots_tf.train.tune_model_trials import ModelTrials, Prepared
from roots_tf.train.tune_trials import as_flags
from roots_tf.tuning.search_space import Integer, Point, Real, SearchSpace


class BertTrials(ModelTrials):
    """Trials of ``train.bert_finetune``, each from the pretrained weights anew.

    Arguments: see `Trials`.

    Raises:
        ValueError, OSError: as `make_encoder`.
    """

    space = SearchSpace(
        {
            "learning_rate": Real(1e-5, 1e-3, log=True),
            "batch_size": Integer(8, 64, log=True),
            "warmup": Real(0, 0.3),
            "dropout": Real(0, 0.3),
        }
    )

    def __init__(self, options, data: TextClassificationData, folder: Path):
        super().__init__(options, data, folder)
        self.base = BertFinetuneOptions(
            pretrained=options.pretrained,
            vocab_size=options.vocab_size,
            max_length=options.max_length,
            seed=options.seed,
        )
        _, self.tokenizer = make_encoder(self.base, data.train.texts)

    def prepare(self, point: Point, epochs: int) -> Prepared:
        options = replace(self.base, epochs=epochs, **point)
        names = self.data.label_names
        encoder, _ = make_encoder(options, self.data.train.texts)
        model = build_classifier(encoder, len(names), options)
        classifier = EncoderTextClassifier(
            model, self.tokenizer, names, options.max_length
        )
        train, _ = classifier.encode(self.data.train.texts)
        validation, _ = classifier.encode(self.data.validation.texts)
        return Prepared(
            options,
            model,
            losses.cross_entropy,
            losses.accuracy,
            EncoderBatches(train, self.data.train.labels, options),
            lambda: classifier.predict_ids(validation),
        )

    def command(self, point: Point) -> str:
        options = self.options
        pretrained = f"--pretrained {options.pretrained} " if options.pretrained else ""
        sizes = f"--vocab-size {options.vocab_size} --max-length {options.max_length}"
        return (
            f"python -m roots_tf.train.bert_finetune --data {options.data} {pretrained}"
            f"--epochs {options.epochs} {sizes} {as_flags(point)}"
        )
