"""Train leanformers/tiny-sentiment, the embedded English sentiment classifier, from scratch.

X
own WordPiece vocabulary, smaller than 3 MB. All text comes from the folder `data` beside this file: hand-written
sentences, and texts that `make_data.py` makes from a sentiment lexicon. One command makes it again:

    python examples/tiny_sentiment/train.py --out tiny-sentiment

It takes about ten minutes on one processor core and needs `leanformers[torch]`.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from make_data import TextMaker
from numpy.typing import NDArray
from texts import Example, Sentence, compose, read_lexicon, read_neutral, read_sentences
from torch import Tensor
from torch.nn import functional as F
from vocabulary import MAX_LENGTH, SPECIAL_TOKENS, count_words, learn_vocabulary, write_tokenizer

from leanformers import AutoTokenizer, BertForSequenceClassification, Config, PreTrainedModel, PreTrainedTokenizer

HERE = Path(__file__).parent
LABELS = ("NEGATIVE", "POSITIVE")
DEVELOPMENT = ("dev", "check")  # batches of sentences that are never trained on
PAD, UNK, CLS, SEP, _ = range(len(SPECIAL_TOKENS))

VOCABULARY = 4800
SHAPE = {"hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 192}
DROPOUT = 0.1
BATCH = 64
LEARNING_RATE = 1e-3
SMOOTHING = 0.1  # of the labels: the probabilities stay honest
REPEAT = 2  # times that each hand-written sentence is seen in an epoch
MADE = 40_000  # texts from templates, of which each epoch sees a part
MADE_PER_EPOCH = 12_000
JOINED_PER_EPOCH = 6_000  # pairs of hand-written sentences; after a "but" the second one decides
WORD_DROPOUT = 0.1

# Words that turn a meaning round are never dropped.
TURNING_WORDS = frozenset(
    """not no never nor neither none nothing nobody nowhere without hardly barely scarcely far less longer anything but
    however although though yet still despite instead too enough if only ' t don won can couldn wouldn didn doesn
    isn wasn aren weren hasn haven hadn shouldn cannot wish used could should would stop stopped until rather than
    from lack lacks lacked failed fails supposed expected thought as worse better more most""".split()  # noqa: SIM905
)

Row = tuple[NDArray[np.int64], int]  # ids without special tokens, label
Batch = tuple[Tensor, Tensor, Tensor]  # ids and mask, (rows, width), and labels, (rows,)


class Corpus:
    """Texts as ids, and batches of them with words dropped and end marks changed at random."""

    def __init__(self, tokenizer: PreTrainedTokenizer, rng: np.random.Generator) -> None:
        self.tokenizer, self.rng = tokenizer, rng
        ids = tokenizer.get_vocab()
        self.end_marks = np.array([ids[mark] for mark in ".!"])
        self.fixed = np.zeros(len(ids), dtype=bool)
        self.fixed[[ids[word] for word in TURNING_WORDS if word in ids]] = True

    def encode(self, examples: list[Example]) -> list[Row]:
        """The ids and the label of each text."""
        ragged = self.tokenizer.encode_ragged([example.text for example in examples], add_special_tokens=False)
        return [(row.astype(np.int64), example.label) for row, example in zip(ragged, examples, strict=True)]

    def change(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """A changed copy of one row: another end mark or none, words dropped or made unknown."""
        roll = self.rng.random()
        if len(row) > 1 and row[-1] in self.end_marks and roll < 0.4:
            row = row[:-1] if roll < 0.25 else np.append(row[:-1], self.rng.choice(self.end_marks))
        if len(row) < 4:
            return row
        hit = (self.rng.random(len(row)) < WORD_DROPOUT) & ~self.fixed[row]
        unknown = self.rng.random(len(row)) < 0.5
        return np.where(hit & unknown, UNK, row)[~hit | unknown]

    def batches(self, rows: list[Row]) -> list[Batch]:
        """Shuffled batches of rows of like length."""
        changed = [(self.change(rows[i][0]), rows[i][1]) for i in self.rng.permutation(len(rows))]
        batches = []
        for begin in range(0, len(changed), BATCH * 50):
            chunk = sorted(changed[begin : begin + BATCH * 50], key=lambda row: len(row[0]))
            batches += [pad(chunk[at : at + BATCH]) for at in range(0, len(chunk), BATCH)]
        return [batches[i] for i in self.rng.permutation(len(batches))]


def pad(rows: list[Row]) -> Batch:
    """Rows as one batch, with their special tokens."""
    width = min(max(len(ids) for ids, _ in rows) + 2, MAX_LENGTH)
    batch = torch.full((len(rows), width), PAD)  # (rows, width)
    for i, (ids, _) in enumerate(rows):
        full = [CLS, *ids[: width - 2].tolist(), SEP]
        batch[i, : len(full)] = torch.tensor(full)
    return batch, (batch != PAD).long(), torch.tensor([label for _, label in rows])


@torch.no_grad()
def accuracy(model: PreTrainedModel, tokenizer: PreTrainedTokenizer, sentences: list[Sentence]) -> float:
    """The share of sentences that get their label."""
    tokens = tokenizer([sentence.text for sentence in sentences], padding=True, truncation=True, return_tensors="pt")
    found = model.eval()(**tokens).logits.argmax(-1)
    return (found == torch.tensor([sentence.label for sentence in sentences])).float().mean().item()


def make_tokenizer(folder: Path, sentences: list[Sentence]) -> PreTrainedTokenizer:
    """Learn the vocabulary from the training text, and write the tokenizer."""
    entries = [form for entries in read_lexicon().values() for entry in entries for form in entry.split("/")]
    neutral = [entry for entries in read_neutral().values() for entry in entries]
    counts = count_words([sentence.text for sentence in sentences] * 2 + entries + neutral)
    write_tokenizer(learn_vocabulary(counts, VOCABULARY), folder)
    return AutoTokenizer.from_pretrained(folder)


def make_config(vocabulary: int) -> Config:
    """The settings of the model."""
    return Config(
        model_type="bert",
        architectures=["BertForSequenceClassification"],
        vocab_size=vocabulary,
        max_position_embeddings=MAX_LENGTH,
        hidden_dropout_prob=DROPOUT,
        attention_probs_dropout_prob=DROPOUT,
        pad_token_id=PAD,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        **SHAPE,
    )


def train(folder: Path, epochs: int, seed: int) -> float:
    """Train, save into `folder`, and return the accuracy on the development sentences."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # small products: more threads only wait for each other
    folder.mkdir(parents=True, exist_ok=True)
    sentences = read_sentences()
    training = [sentence for sentence in sentences if sentence.batch not in DEVELOPMENT]
    development = [sentence for sentence in sentences if sentence.batch in DEVELOPMENT]
    tokenizer = make_tokenizer(folder, training)
    model = BertForSequenceClassification(make_config(len(tokenizer)))
    corpus = Corpus(tokenizer, np.random.default_rng(seed))
    written = corpus.encode([Example(sentence.text, sentence.label) for sentence in training])
    maker = TextMaker(seed)
    made = corpus.encode(sorted({maker.text() for _ in range(MADE)}))
    steps = epochs * ((REPEAT * len(written) + MADE_PER_EPOCH + JOINED_PER_EPOCH) // BATCH + 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(step / (0.1 * steps), max(0.0, (steps - step) / (0.9 * steps)))
    )
    begin = time.perf_counter()
    for epoch in range(1, epochs + 1):
        joined = corpus.encode(compose(training, JOINED_PER_EPOCH, rng))
        model.train()
        for ids, mask, labels in corpus.batches(written * REPEAT + rng.sample(made, MADE_PER_EPOCH) + joined):
            logits = model(input_ids=ids, attention_mask=mask).logits
            loss = F.cross_entropy(logits, labels, label_smoothing=SMOOTHING)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        reached = accuracy(model, tokenizer, development)
        print(f"epoch {epoch}: development accuracy {reached:.1%}, {time.perf_counter() - begin:.0f} s", flush=True)
    model.save_pretrained(folder)
    return reached


def main() -> None:
    """Train, and write the model card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("tiny-sentiment"), help="the folder to write")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held-out", default="not measured", help="what the model card says of held-out sentences")
    arguments = parser.parse_args()
    reached = train(arguments.out, arguments.epochs, arguments.seed)
    sentences = read_sentences()
    card = (HERE / "card.md").read_text(encoding="utf-8")
    facts = {
        "{sentences}": f"{sum(sentence.batch not in DEVELOPMENT for sentence in sentences):,}",
        "{entries}": f"{sum(map(len, read_lexicon().values())):,}",
        "{made}": f"{MADE:,}",
        "{development_sentences}": f"{sum(sentence.batch in DEVELOPMENT for sentence in sentences)}",
        "{development}": f"{reached:.1%}",
        "{held_out}": arguments.held_out,
    }
    for name, fact in facts.items():
        card = card.replace(name, fact)
    (arguments.out / "README.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
