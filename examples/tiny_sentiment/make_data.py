"""Make labelled training texts from the sentiment lexicon and the templates in `data`.

Run alone (`python examples/tiny_sentiment/make_data.py 20`), it prints some of the texts it makes.
"""

import random
import re
import sys

from texts import (
    NEGATIVE,
    POSITIVE,
    Example,
    capitalised,
    join_clauses,
    read_lexicon,
    read_neutral,
    read_templates,
)

# Which kinds of adjective suit which class of neutral noun, and how often each kind is taken.
ADJECTIVE_CLASSES = {
    "adj.any": ("food", "thing", "place", "media", "event", "person", "service", "weather"),
    "adj.food": ("food",),
    "adj.thing": ("thing",),
    "adj.place": ("place",),
    "adj.media": ("media",),
    "adj.event": ("event",),
    "adj.weather": ("weather",),
    "adj.service": ("service", "people", "person"),
    "adj.person": ("person", "people", "pet"),
}
ADJECTIVE_WEIGHTS = (6, 2, 3, 2, 2, 2, 1, 1, 2)
NOUN_CLASSES = ("food", "thing", "place", "media", "event", "service")
# Adjective phrases that take no intensifier and no negation.
FIXED_PHRASE = re.compile(
    r"^(an?|the|nothing|not|no|one|my|worth|better|worse|just|like|all|everything|never|always)\b"
)
INTENSIFIERS = (
    "very", "so", "really", "absolutely", "quite", "pretty", "incredibly", "extremely", "truly", "just", "simply",
    "rather", "totally", "completely", "utterly", "surprisingly", "unbelievably", "always", "still", "even",
)  # fmt: skip
# Events that need "I", and events that need somebody else, as their subject.
FIRST_PERSON = re.compile(r"^(am|have|feel|want|wish|will|cannot|can't|couldn?'?t?|don't|would|wouldn't|won't)\b")
THIRD_PERSON = re.compile(
    r"\b(me|us)\b|^(is|has|gets|drives|moans|complains|snores|always|never (calls?|listens|helps|replied|apologised)|"
    r"doesn't|does not|deserves|lights|brightens|refused|laughed in my face|stole|broke my heart|kept|worked wonders)\b"
)


class TextMaker:
    """Makes random labelled texts; the same seed gives the same texts."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lexicon = read_lexicon()
        self.neutral = read_neutral()
        self.templates = read_templates()
        self.makers = {
            self.bare_entry: 10,
            self.attribute: 12,
            self.predicate: 12,
            self.scene: 24,
            self.expectation: 6,
            self.feeling: 9,
            self.experience: 12,
            self.effect: 8,
            self.noun: 8,
            self.abstract_noun: 7,
            self.concrete_noun: 12,
            self.happening: 10,
            self.adverb: 5,
            self.person_phrase: 18,
            self.thing_phrase: 18,
            self.full_clause: 14,
        }

    def entry(self, kind: str, label: int) -> str:
        """A random entry of the lexicon."""
        return self.random.choice(self.lexicon[kind, label])

    def pick(self, *options: str) -> str:
        """One of the options."""
        return self.random.choice(options)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.random.random() < probability

    def fill(self, maker: str, label: int, **slots: str) -> Example:
        """A random template of this maker with the slots filled in, and the label that this gives."""
        unfit = "mend" if label == POSITIVE else "spoil"
        effect, frame = self.random.choice([item for item in self.templates[maker] if item[0] != unfit])
        return Example(frame.format(**slots), label if effect == "same" else 1 - label)

    def neutral_of(self, *classes: str) -> str:
        """A neutral word, phrase or clause of one of the classes."""
        return self.random.choice(self.neutral[self.random.choice(classes)])

    def subject(self, *classes: str) -> str:
        """A subject with its article, or a pronoun."""
        name = self.random.choice(classes)
        noun = self.random.choice(self.neutral[name])
        if name == "people":
            return self.pick(f"the {noun}", f"our {noun}", "they")
        pronouns = ("he", "she") if name in ("person", "pet") else ("it", "that", "this")
        return self.pick(f"the {noun}", f"the {noun}", f"this {noun}", f"my {noun}", f"our {noun}", *pronouns)

    def be(self, subject: str) -> str:
        """A form of "be" for the subject."""
        if subject == "they" or subject.split(maxsplit=1)[-1] in self.neutral["people"]:
            return self.pick("are", "were", "have been", "seem")
        return self.pick("is", "was", "is", "was", "has been", "will be", "looks", "seems", "turned out to be")

    def adjective(self, label: int) -> tuple[str, str, str]:
        """An adjective, its kind, and a class of nouns it can describe."""
        kind = self.random.choices(tuple(ADJECTIVE_CLASSES), ADJECTIVE_WEIGHTS)[0]
        return self.entry(kind, label), kind, self.random.choice(ADJECTIVE_CLASSES[kind])

    def attribute(self, label: int) -> Example:
        """A simple adjective in a typical frame."""
        adjective, kind, name = self.adjective(label)
        if not adjective.replace("-", "").isalpha():
            return self.predicate(label)
        other = self.pick(*(entry for entry in self.lexicon[kind, label] if " " not in entry))
        return self.fill("attribute", label, x=adjective, y=other, n=self.neutral_of(name))

    def predicate(self, label: int) -> Example:
        """Something is or is not good or bad."""
        adjective, kind, name = self.adjective(label)
        subject = self.subject(name)
        if FIXED_PHRASE.match(adjective):
            return Example(f"{subject} {self.be(subject)} {self.pick('', '', 'really ', 'simply ')}{adjective}", label)
        if self.chance(0.3):
            negated = self.fill("negation", label, x=adjective)
            return Example(f"{subject} {self.be(subject)} {negated.text}", negated.label)
        return self.fill(
            "predicate", label, s=subject, be=self.be(subject), i=self.pick(*INTENSIFIERS), x=adjective,
            y=self.entry(kind, label),
        )  # fmt: skip

    def scene(self, label: int) -> Example:
        """A sentiment adjective among neutral words."""
        adjective, kind, name = self.adjective(label)
        if not adjective.replace("-", "").isalpha():
            return self.predicate(label)
        other = self.pick(*(entry for entry in self.lexicon[kind, label] if " " not in entry))
        slots = {key: self.neutral_of(key) for key in (*NOUN_CLASSES, "people")}
        slots |= {"p": self.neutral_of("person"), "m": self.neutral_of("plural"), "w": self.neutral_of("where")}
        slots |= {"a": self.neutral_of("action"), "v": self.neutral_of("present"), "s": self.subject(name)}
        return self.fill("scene", label, x=adjective, y=other, n=self.neutral_of(name), **slots)

    def expectation(self, label: int) -> Example:
        """What was expected or claimed, and then the opposite."""
        before, kind, name = self.adjective(1 - label)
        return self.fill("expectation", label, n=self.neutral_of(name), f=before, x=self.entry(kind, label))

    def feeling(self, label: int) -> Example:
        """How somebody feels."""
        state, person = self.entry("adj.feel", label), self.neutral_of("person")
        example = self.fill("feeling", label, x=state, n=self.neutral_of(*NOUN_CLASSES), p=person)
        return Example(f"I feel {state}", label) if " " in state and example.label != label else example

    def experience(self, label: int) -> Example:
        """Somebody likes or dislikes something."""
        target = self.pick("the ", "this ", "that ", "my ", "our ", "your ") + self.neutral_of(*NOUN_CLASSES, "person")
        target = self.pick(target, target, target, "it", "this", "every minute of it", "everything about it")
        base, third, past, present = self.entry("verb.exp", label).split("/")
        person = self.neutral_of("person")
        return self.fill("experience", label, b=base, s=third, p=past, g=present, t=target, n=person)

    def effect(self, label: int) -> Example:
        """Something pleases or annoys somebody."""
        base, third, past, present = self.entry("verb.aff", label).split("/")
        subject, person = self.subject(*NOUN_CLASSES, "person"), self.neutral_of("person")
        return self.fill("effect", label, s=subject, b=base, t=third, p=past, g=present, n=person)

    def noun(self, label: int) -> Example:
        """Something is a joy or a disaster."""
        return self.fill("noun", label, s=self.subject(*NOUN_CLASSES), x=self.entry("noun.eval", label))

    def abstract_noun(self, label: int) -> Example:
        """There is joy or misery, or none of it."""
        noun, other = self.entry("noun.abs", label), self.entry("noun.abs", label)
        return self.fill("abstract", label, s=self.subject(*NOUN_CLASSES), x=noun, y=other)

    def concrete_noun(self, label: int) -> Example:
        """A thing or event that people like or dislike."""
        noun, other = self.entry("noun.concrete", label), self.entry("noun.concrete", label)
        return self.fill("concrete", label, s=self.subject(*NOUN_CLASSES), x=noun, y=other)

    def happening(self, label: int) -> Example:
        """Something breaks or blooms, somebody laughs or cries."""
        base, third, past, present = self.entry("verb.misc", label).split("/")
        subject, person = self.subject(*NOUN_CLASSES, "person", "pet"), self.neutral_of("person")
        return self.fill("happen", label, s=subject, b=base, t=third, p=past, g=present, n=person)

    def adverb(self, label: int) -> Example:
        """Something was done well or badly."""
        return self.fill("adverb", label, s=self.subject(*NOUN_CLASSES), x=self.entry("adv", label))

    def person_phrase(self, label: int) -> Example:
        """Somebody did something, or something happened to somebody."""
        phrase = self.entry("vp.person", label)
        if FIRST_PERSON.match(phrase):
            return Example(f"I {phrase}", label)
        if THIRD_PERSON.search(phrase):
            return Example(f"{self.subject('person', 'person', 'people')} {phrase}", label)
        roll = self.random.random()
        if roll < 0.5:
            return Example(f"I {self.pick('', '', 'just ', 'finally ', 'also ', 'really ')}{phrase}", label)
        if roll < 0.75:
            return Example("we " + re.sub(r"\bmy\b", "our", phrase), label)
        return Example(f"{self.subject('person')} " + re.sub(r"\bmy\b", self.pick("her", "his"), phrase), label)

    def thing_phrase(self, label: int) -> Example:
        """Something works, or breaks."""
        return Example(f"{self.subject(*NOUN_CLASSES)} {self.entry('vp.thing', label)}", label)

    def full_clause(self, label: int) -> Example:
        """A clause of the lexicon as it is."""
        return Example(self.entry("clause", label), label)

    def bare_entry(self, label: int) -> Example:
        """A word or phrase alone."""
        kind = self.pick(*(kind for kind, polarity in self.lexicon if polarity == label))
        return Example(self.pick(*self.entry(kind, label).split("/")), label)

    def clause(self, label: int) -> str:
        """One clause that has this label, possibly by negation of the opposite."""
        while True:
            maker = self.random.choices(tuple(self.makers), tuple(self.makers.values()))[0]
            example = maker(self.random.choice((label, label, 1 - label)))
            if example.label == label:
                return example.text

    def text(self) -> Example:
        """A text: one clause, or several, possibly with neutral words around it."""
        label = self.random.choice((NEGATIVE, POSITIVE))
        text = self.clause(label)
        roll = self.random.random()
        if roll < 0.12:
            text = join_clauses(self.neutral_of("clause"), self.pick(" and ", ", and ", ". "), text)
        elif roll < 0.2:
            text = join_clauses(text, self.pick(" when ", " after ", " and ", ". ", ", "), self.neutral_of("clause"))
        elif roll < 0.3:
            text = self.fill("contrast", label, f=self.clause(1 - label), x=text).text
        elif roll < 0.36:
            joint = self.pick(" and ", ". ", ", ", "! ", " because ", ", so ")
            text = join_clauses(text, joint, self.clause(label))
        if self.chance(0.1):
            text += " " + self.neutral_of("where")
        if self.chance(0.2):
            when = self.neutral_of("time")
            text = self.pick(f"{when}, {text}", f"{text} {when}")
        if self.chance(0.06):
            text = self.pick("honestly, ", "well, ", "to be honest, ", "I must say ", "in short, ", "I think ") + text
        return Example(capitalised(text) + self.pick(".", ".", ".", "!", "", "!!"), label)


def main() -> None:
    """Print some made texts."""
    maker = TextMaker(seed=0)
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        example = maker.text()
        print(example.label, example.text, sep="\t")


if __name__ == "__main__":
    main()
