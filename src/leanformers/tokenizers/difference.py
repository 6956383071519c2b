"""Where two tokenizers differ: settings, special tokens, components, vocabulary, added tokens, and ids of texts.

two tokenizers, texts → **compare_tokenizers** → Difference → `leanformers diff A B`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .description import describe

if TYPE_CHECKING:
    from .spec import Spec
    from .tokenizer import PreTrainedTokenizer

__all__ = ["Difference", "TokenSets", "compare_tokenizers"]

_SETTINGS = (
    "model_max_length", "padding_side", "truncation_side", "split_special_tokens", "clean_up_tokenization_spaces",
    "model_input_names", "file_truncation", "file_padding", "chat_template",
)  # fmt: skip


class TokenSets(NamedTuple):
    """Two tables of tokens: those that only one has, by token, and those with another value in the other."""

    only_a: dict[str, Any]
    only_b: dict[str, Any]
    changed: dict[str, tuple[Any, Any]]

    def __bool__(self) -> bool:
        return any(self)


class Difference(NamedTuple):
    """What differs, and nothing that is equal: a part is empty, or maps names to the values of both.

    Attributes:
        settings: what transforms no text by itself: limits, sides, names of inputs, chat template.
        special_tokens: the roles.
        components: "normalizer", "model", … with both descriptions; see `describe`.
        vocabulary: tokens of the model and their ids.
        scores: of a Unigram model: pieces that both have with the same id, and another score.
        merges: of a BPE model: the place of the first difference and the merges there; None when they are equal.
        added_tokens: tokens found before the model, with their ids and flags.
        texts: those with different ids or spans, with the tokens and ids of both.
        compared_texts: how many texts were compared.
    """

    settings: dict[str, tuple[Any, Any]]
    special_tokens: dict[str, tuple[Any, Any]]
    components: dict[str, tuple[Any, Any]]
    vocabulary: TokenSets
    scores: dict[str, tuple[float, float]]
    merges: tuple[int, Any, Any] | None
    added_tokens: TokenSets
    texts: list[dict[str, Any]]
    compared_texts: int

    def __bool__(self) -> bool:
        return any(self[:-1])


def compare_tokenizers(
    a: PreTrainedTokenizer, b: PreTrainedTokenizer, texts: Iterable[str] | None = None
) -> Difference:
    """Everything in which `a` and `b` differ; false when there is nothing.

    Args:
        a, b: the tokenizers.
        texts: what to encode with both; None: the texts of golden files, and some with the special tokens of both.

    Examples:
        >>> from leanformers import AutoTokenizer
        >>> a = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> b = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment", do_lower_case=False)
        >>> found = compare_tokenizers(a, b, ["A good day.", "so it is"])
        >>> list(found.components), [row["text"] for row in found.texts]
        (['normalizer'], ['A good day.'])
    """
    if texts is None:
        from .golden_texts import TEXTS, texts_with_special_tokens

        own = texts_with_special_tokens([*a.all_special_tokens, *b.all_special_tokens])
        texts = dict.fromkeys([*TEXTS, *own])
    listed = list(texts)
    first, second = a._spec, b._spec
    return Difference(
        settings=_changes(*({name: getattr(tokenizer, name) for name in _SETTINGS} for tokenizer in (a, b))),
        special_tokens=_changes(
            *({**item.special_tokens_map, "extra_special_tokens": item.extra_special_tokens} for item in (a, b))
        ),
        components=_changes(_without_sizes(first), _without_sizes(second)),
        vocabulary=_token_sets(first.vocab, second.vocab),
        scores=_scores(first, second),
        merges=_first_merge(first, second),
        added_tokens=_token_sets(_added_tokens(first), _added_tokens(second)),
        texts=[row for text in listed if (row := _compare_text(a, b, text))],
        compared_texts=len(listed),
    )


def _changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b]) if a.get(name) != b.get(name)}


def _without_sizes(spec: Spec) -> dict[str, Any]:
    """The description without the sizes of vocabulary and merges, which are compared by themselves."""
    described = describe(spec)
    described["model"] = {name: value for name, value in described["model"].items() if name not in ("vocab", "merges")}
    return described


def _token_sets(a: Mapping[str, Any], b: Mapping[str, Any]) -> TokenSets:
    return TokenSets(
        {token: value for token, value in a.items() if token not in b},
        {token: value for token, value in b.items() if token not in a},
        {token: (value, b[token]) for token, value in a.items() if token in b and b[token] != value},
    )


def _scores(a: Spec, b: Spec) -> dict[str, tuple[float, float]]:
    return {
        piece: (score, other_score)
        for (piece, score), (other, other_score) in zip(a.scores, b.scores, strict=False)
        if piece == other and score != other_score
    }


def _first_merge(a: Spec, b: Spec) -> tuple[int, Any, Any] | None:
    first, second = a.merges, b.merges
    for i in range(max(len(first), len(second))):
        here, there = (merges[i] if i < len(merges) else None for merges in (first, second))
        if here != there:
            return i, here, there
    return None


def _added_tokens(spec: Spec) -> dict[str, dict[str, Any]]:
    flags = ("id", "special", "normalized", "single_word", "lstrip", "rstrip")
    return {token.content: {flag: getattr(token, flag) for flag in flags} for token in spec.added_tokens}


def _compare_text(a: Any, b: Any, text: str) -> dict[str, Any] | None:
    # The type ids of one text are part of the template, which is compared among the components.
    found = [item(text, return_offsets_mapping=True, truncation=False, verbose=False) for item in (a, b)]
    if all(found[0][name] == found[1][name] for name in ("input_ids", "offset_mapping")):
        return None
    return {
        "text": text,
        "ids": [row["input_ids"] for row in found],
        "tokens": [row.tokens() for row in found],
        "spans": [row["offset_mapping"] for row in found],
    }
