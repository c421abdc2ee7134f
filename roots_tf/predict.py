"""Labels new text with a trained model: ``python -m roots_tf.predict DIR "text" …``.

A model of pairs reads two texts with a tab between them; one that answers questions
reads the question, a tab, and the passage; one that translates reads a sentence; one
that talks reads the turns so far with tabs between them. Texts of stdin are answered a
thousand at a time, so that memory does not grow with their number.

Article: §6 (1. 文本分类, 2. 机器翻译, 3. 问答系统), §9.3 (如何应用大规模语言模型).
"""

import json
from collections.abc import Iterator, Sequence

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import OneLineParser
from roots_tf.train.standard_input import in_blocks, stdin_lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one line for each text, given as arguments or as lines of stdin."""
    parser = OneLineParser(
        prog="python -m roots_tf.predict",
        description="Labels new text with a trained model.",
    )
    parser.add_argument("folder", help="the model folder that a training run printed")
    parser.add_argument(
        "texts",
        nargs="*",
        help="texts, of pairs and of question and passage two with a tab between; none "
        "for the lines of stdin",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_intermixed_args(arguments)  # flags may stand anywhere

    with bad_input_ends_the_program():
        with quiet_stderr():
            from roots_tf.applications import encoder_classification as encoders
            from roots_tf.applications import (
                encoder_tagging,
                machine_translation,
                question_answering,
                span_extraction,
                summarization,
            )
            from roots_tf.applications.dialogue import AGENTS
            from roots_tf.applications.model_folder import read_configuration
            from roots_tf.applications.sequence_tagging import SequenceTagger
            from roots_tf.applications.text_classification import TextClassifier
        task = read_configuration(options.folder)["task"]
        tasks = {
            "classification": (TextClassifier, _classify),
            "tagging": (SequenceTagger, _tag),
            encoders.TASK: (encoders.EncoderTextClassifier, _classify),
            encoder_tagging.TASK: (encoder_tagging.EncoderTagger, _tag),
            span_extraction.TASK: (span_extraction.SpanExtractor, _answer),
            question_answering.TASK: (question_answering.QuestionAnswerer, _find),
            machine_translation.TASK: (machine_translation.Translator, _translate),
            summarization.TASK: (summarization.Summarizer, _summarize),
            **{task: (agent, _reply) for task, agent in AGENTS.items()},
        }
        if task not in tasks:
            raise ValueError(
                f"{options.folder}: expected a task of {list(tasks)}, got {task!r}"
            )
        application, answer = tasks[task]
        model = application.load(options.folder)
        for texts in in_blocks(options.texts or stdin_lines()):
            for row in answer(model, texts):
                shown = json.dumps(row, ensure_ascii=False)
                print(shown if options.json else _line(row))


def _classify(classifier, texts: Sequence[str]) -> Iterator[dict]:
    for text, row in zip(texts, classifier.predict(texts), strict=True):
        yield {
            "text": text,
            "label": classifier.label_names[row.argmax()],
            "probabilities": {
                name: round(float(value), 6)
                for name, value in zip(classifier.label_names, row, strict=True)
            },
        }


def _tag(tagger, texts: Sequence[str]) -> Iterator[dict]:
    for text, entities in zip(texts, tagger.entities(texts), strict=True):
        found = [{"type": kind, "text": words} for kind, words in entities]
        yield {"text": text, "entities": found}


def _answer(extractor, texts: Sequence[str]) -> Iterator[dict]:
    pairs = [text.split("\t", 1) for text in texts]
    for pair in pairs:
        if len(pair) < 2:
            raise ValueError(
                "expected a question, a tab and the passage to answer it from, got no "
                f"tab in {pair[0][:40]!r}"
            )
    found = extractor.predict([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    for text, answer in zip(texts, found, strict=True):
        yield {
            "text": text,
            "answer": answer.text,
            "start": answer.start,
            "end": answer.end,
            "probability": round(answer.probability, 6),
        }


def _translate(translator, texts: Sequence[str]) -> Iterator[dict]:
    for text, translation in zip(texts, translator.translate(texts), strict=True):
        yield {"text": text, "translation": translation}


def _summarize(summarizer, texts: Sequence[str]) -> Iterator[dict]:
    found = zip(
        texts, summarizer.summarize(texts), summarizer.reads(texts), strict=True
    )
    for text, summary, all_read in found:
        yield {"text": text, "summary": summary, "all_read": all_read}


def _find(answerer, texts: Sequence[str]) -> Iterator[dict]:
    for text, found in zip(texts, answerer.search(texts), strict=True):
        documents = [
            {"name": one.name, "text": one.text, "score": round(one.score, 6)}
            for one in found
        ]
        yield {"text": text, "documents": documents}


def _reply(agent, texts: Sequence[str]) -> Iterator[dict]:
    for text in texts:
        yield {"text": text, "reply": agent.reply(text.split("\t"))}


def _line(row: dict) -> str:
    if "translation" in row:
        return f"{row['translation']}\t{' '.join(row['text'].split())}"
    if "label" in row:
        probabilities = sorted(row["probabilities"].items(), key=lambda item: -item[1])
        shown = "  ".join(f"{name} {value:.3f}" for name, value in probabilities[:5])
    elif "summary" in row:
        shown = row["summary"] or "no summary"
        shown += "" if row["all_read"] else " (of the beginning)"
    elif "answer" in row:
        found = " ".join(row["answer"].split())
        shown = f"{found or 'no answer'} {row['probability']:.3f}"
    elif "reply" in row:
        shown = row["reply"] or "..."
    elif "documents" in row:
        found = row["documents"]
        shown = "  ".join(f"{one['name']} {one['score']:.3f}" for one in found)
    else:
        shown = "  ".join(f"{one['type']}: {one['text']}" for one in row["entities"])
    return f"{shown or 'no entity'}\t{' '.join(row['text'].split())}"


if __name__ == "__main__":
    main()
