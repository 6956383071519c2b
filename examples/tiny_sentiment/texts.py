"""Read the data files, and change or join the hand-written sentences in them."""

import random
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

DATA_FOLDER = Path(__file__).parent / "data"
NEGATIVE, POSITIVE = 0, 1
CONTRASTS = (", but ", ". But ", ", yet ", "; still, ", ". However, ")


class Sentence(NamedTuple):
    """One hand-written sentence."""

    label: int
    batch: str
    domain: str
    text: str


class Example(NamedTuple):
    """One training text."""

    text: str
    label: int


def _rows(name: str) -> list[list[str]]:
    lines = (DATA_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


def read_sentences() -> list[Sentence]:
    """The hand-written sentences, in the order of the file."""
    return [Sentence(int(label), batch, domain, text) for label, batch, domain, text in _rows("sentences.tsv")]


def read_lexicon() -> dict[tuple[str, int], list[str]]:
    """Entries of the lexicon by kind and label; the forms of a verb are separated by `/`."""
    lexicon: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for kind, label, entry in _rows("lexicon.tsv"):
        lexicon[kind, int(label)].append(entry)
    return dict(lexicon)


def read_neutral() -> dict[str, list[str]]:
    """Words and clauses without sentiment, by class."""
    neutral: defaultdict[str, list[str]] = defaultdict(list)
    for name, entry in _rows("neutral.tsv"):
        neutral[name].append(entry)
    return dict(neutral)


def read_templates() -> dict[str, list[tuple[str, str]]]:
    """Effect and frame of each template, by the method that fills it.

    The effect says what the frame does to the label of the words put into it: `same` keeps it, `flip` turns it
    round, `spoil` turns positive into negative (and is not for negative words), `mend` the other way round.
    """
    templates: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for maker, effect, frame in _rows("templates.tsv"):
        templates[maker].append((effect, frame))
    return dict(templates)


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def join_clauses(first: str, joint: str, second: str) -> str:
    """Two sentences as one, the end mark of the first replaced by the joint."""
    if not re.match(r"I\b", second):
        second = second[:1].lower() + second[1:]
    return first.rstrip(".!?") + joint + second


def compose(sentences: list[Sentence], count: int, rng: random.Random) -> list[Example]:
    """Join pairs of sentences: after a contrast the second one decides, without one both have the same label."""
    by_label = {label: [item.text for item in sentences if item.label == label] for label in (NEGATIVE, POSITIVE)}
    examples = []
    for _ in range(count):
        label = rng.choice((NEGATIVE, POSITIVE))
        second = rng.choice(by_label[label])
        if rng.random() < 0.5:
            text = join_clauses(rng.choice(by_label[1 - label]), rng.choice(CONTRASTS), second)
        else:
            text = f"{rng.choice(by_label[label])} {second}"
        examples.append(Example(text, label))
    return examples


class Varier:
    """Puts other words of the same class into a hand-written sentence: `soup` for `stew`, `superb` for `great`."""

    def __init__(self, rng: random.Random, probability: float) -> None:
        self.random, self.probability = rng, probability
        classes: dict[str, list[list[str]]] = defaultdict(list)
        for name, entries in read_neutral().items():
            if name not in ("clause", "action", "present", "where"):
                classes[name].append([entry for entry in entries if entry.isalpha()])
        for (kind, label), entries in read_lexicon().items():
            if kind.startswith("adj") and kind != "adj.feel":
                classes["adjective"].append([entry for entry in entries if entry.isalpha()])
            elif kind.startswith("verb"):
                forms = [entry.split("/") for entry in entries if entry.replace("/", "").isalpha()]
                classes[kind] += [list(column) for column in zip(*forms, strict=True)]
            elif kind in ("adv", "noun.abs", "adj.feel"):
                classes[f"{kind} {label}"].append([entry for entry in entries if entry.isalpha()])
        self.choices: dict[str, list[str]] = {}
        for groups in classes.values():
            for group in groups:
                self.choices |= {word.lower(): group for word in group}

    def vary(self, text: str) -> str:
        """The sentence with some words exchanged."""
        return re.sub(r"(?<![\w'-])[A-Za-z]+(?![\w'-])", self._exchange, text)

    def _exchange(self, match: re.Match[str]) -> str:
        group = self.choices.get(match[0].lower())
        if group is None or self.random.random() >= self.probability:
            return match[0]
        return self.random.choice(group)
