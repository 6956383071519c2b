"""What `leanformers demo` shows: text to tokens, ids, labels and nearest sentences on the embedded model."""

from __future__ import annotations

from ..hub.resolve import DEFAULT_MODEL
from .output import print_line, print_table

__all__ = ["run"]

SENTENCES = [
    "I've been waiting for a HuggingFace course my whole life.",
    "I hate this so much!",
    "The soup was cold and the waiter was rude.",
    "What a lovely morning for a walk by the river.",
]
CANDIDATES = [
    "We had a wonderful day at the seaside.",
    "The food was awful and the service was slow.",
    "I finally got the book that I had hoped for.",
    "This is the worst thing I have ever bought.",
    "The weather is beautiful today.",
]


def run() -> None:
    """Print the tables. Needs torch, and no network."""
    from ..auto import AutoTokenizer
    from ..pipelines import pipeline
    from ..sentence import SentenceEncoder

    tokenizer = AutoTokenizer.from_pretrained(DEFAULT_MODEL)
    print_line(f"{DEFAULT_MODEL}: texts go in, tokens and ids come out, padded to one length …\n")
    batch = tokenizer(SENTENCES[:2], padding=True)
    for row, sentence in enumerate(SENTENCES[:2]):
        columns = zip(batch.tokens(row), batch["input_ids"][row], batch["attention_mask"][row], strict=True)
        print_table(sentence, ["token", "input id>", "attention mask>"], columns)

    print_line("… the model gives each text a label …\n")
    labels = pipeline("text-classification")(SENTENCES)
    rows = [(text, label["label"], f"{label['score']:.1%}") for text, label in zip(SENTENCES, labels, strict=True)]
    print_table(None, ["text", "label", "probability>"], rows)

    print_line("… and its embeddings say which texts are near each other.\n")
    encoder = SentenceEncoder.from_pretrained(DEFAULT_MODEL)
    similarity = encoder.similarity(encoder.encode(SENTENCES), encoder.encode(CANDIDATES))
    nearest = [max(zip(map(float, row), CANDIDATES, strict=True)) for row in similarity]
    print_table(
        None,
        ["text", "nearest", "cosine>"],
        [(text, near, f"{cosine:.3f}") for text, (cosine, near) in zip(SENTENCES, nearest, strict=True)],
    )
