"""Fine-tune a classifier with plain PyTorch: a third label for the embedded model.

    python examples/fine_tune.py --out three-labels

"leanformers/tiny-sentiment" knows only NEGATIVE and POSITIVE. Here it gets a new head with a NEUTRAL beside them, and
is trained on the sentences in `tiny_sentiment/data`, and on plain facts put together from the clauses there: half a
minute on one core. Needs `leanformers[torch]`.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

import torch

from leanformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizer,
    pipeline,
)

DATA = Path(__file__).parent / "tiny_sentiment" / "data"
MODEL = "leanformers/tiny-sentiment"
LABELS = ("NEGATIVE", "POSITIVE", "NEUTRAL")
HELD_OUT = ("dev", "check")  # batches of sentences that the embedded model was not trained on either
BATCH = 32
Example = tuple[str, str]  # text, label


def read_examples() -> tuple[list[Example], list[Example]]:
    """(text, label) to train on, and to test on: other sentences, and facts from other clauses."""
    entries = defaultdict(list)
    for kind, entry in rows("neutral.tsv"):
        entries[kind].append(entry)
    clauses = entries["clause"] + [f"{who} {what}" for what in entries["action"] for who in ("I", "we", "my sister")]
    endings = entries["time"] + entries["where"]
    facts = [[f"{text[0].upper()}{text[1:]} {end}." for end in random.sample(endings, 6)] for text in clauses]
    training = [(text, "NEUTRAL") for number, texts in enumerate(facts) if number % 5 for text in texts]
    test = [(texts[0], "NEUTRAL") for texts in facts[::5]]
    for label, batch, _, text in rows("sentences.tsv"):
        (test if batch in HELD_OUT else training).append((text, LABELS[int(label)]))
    return training, test


def rows(name: str) -> list[list[str]]:
    """The cells of a file of data, without its header."""
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]]


def accuracy(model: PreTrainedModel, tokenizer: PreTrainedTokenizer, examples: list[Example]) -> float:
    """The share of texts that get their label."""
    found = pipeline("text-classification", model=model, tokenizer=tokenizer)([text for text, _ in examples])
    return sum(item["label"] == label for item, (_, label) in zip(found, examples, strict=True)) / len(examples)


def train(model: PreTrainedModel, tokenizer: PreTrainedTokenizer, examples: list[Example], steps: int) -> None:
    """`steps` batches of random examples, with a learning rate that falls to 0."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    for step in range(1, steps + 1):
        batch = random.sample(examples, BATCH)
        inputs = tokenizer([text for text, _ in batch], padding=True, truncation=True, return_tensors="pt")
        labels = torch.tensor([model.config.label2id[label] for _, label in batch])
        loss = model(**inputs, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)


def main() -> None:
    """Train, show the accuracy before and after, and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("three-labels"), help="the folder to write")
    parser.add_argument("--steps", type=int, default=400)
    arguments = parser.parse_args()
    random.seed(1)
    torch.manual_seed(1)  # dropout
    training, test = read_examples()
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    labels = {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}
    # The head has other labels, and starts new.
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, **labels, ignore_mismatched_sizes=True)
    print(f"{len(training)} texts to train on, {len(test)} to test on")
    print(f"accuracy before: {accuracy(model, tokenizer, test):.1%}")
    train(model.train(), tokenizer, training, arguments.steps)
    print(f"accuracy after: {accuracy(model, tokenizer, test):.1%}")
    model.save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)


if __name__ == "__main__":
    main()
