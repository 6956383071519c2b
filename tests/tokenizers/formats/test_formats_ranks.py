"""Rank files of tiktoken and tekken.json of Mistral, against their own libraries and against transformers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import leanformers
from leanformers import AutoTokenizer, PreTrainedTokenizer
from leanformers.errors import FileFormatError, InputValueError
from leanformers.tokenizers.formats.merges import BYTE_LETTERS

LLAMA = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
NAMED = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<pad>"]


@pytest.fixture(scope="session")
def ranks(test_data: Path) -> dict[bytes, int]:
    """The first 4,000 tokens of GPT-2 as byte strings with ranks, as tiktoken has them."""
    vocab = json.loads((test_data / "tokenizers" / "gpt2" / "vocab.json").read_text(encoding="utf-8"))
    byte_of = {letter: byte for byte, letter in enumerate(BYTE_LETTERS)}
    return {bytes(byte_of[letter] for letter in token): number for token, number in vocab.items() if number < 4000}


@pytest.fixture(scope="session")
def rank_file(ranks: dict[bytes, int]) -> bytes:
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())


@pytest.fixture(scope="session")
def tekken_file(ranks: dict[bytes, int]) -> Callable[..., dict[str, Any]]:
    """`tekken_file(special tokens, their number, tokens, vocabulary size)`: the content of a tekken.json."""

    def make(named: list[str] | None = NAMED, count: int = 20, tokens: int = 3000, size: int | None = None) -> Any:
        ordered = sorted(ranks, key=ranks.__getitem__)
        # The format wants the single bytes first, in their order.
        ordered = [bytes([i]) for i in range(256)] + [token for token in ordered if len(token) > 1]
        return {
            "config": {
                "pattern": TEKKEN,
                "num_vocab_tokens": tokens,
                "default_vocab_size": tokens + count if size is None else size,
                "default_num_special_tokens": count,
                "version": "v3" if named is None else "v7",
            },
            "vocab": [
                {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
                for rank, token in enumerate(ordered[:tokens])
            ],
            **(
                {}
                if named is None
                else {
                    "special_tokens": [
                        {"rank": rank, "token_str": token, "is_control": True} for rank, token in enumerate(named)
                    ]
                }
            ),
        }

    return make


# ---- tiktoken ----


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"add_bos_token": True, "bos_token": "<|begin_of_text|>"},
        {"extra_special_tokens": ["<|a|>", "<|b|>"], "eos_token": "<|b|>"},
        {
            "added_tokens_decoder": {
                str(number): {"content": content, "lstrip": False, "rstrip": False, "normalized": False,
                              "single_word": False, "special": True}
                for number, content in ((4000, "<|begin_of_text|>"), (4004, "<|eot_id|>"))
            },
            "bos_token": "<|begin_of_text|>",
            "additional_special_tokens": ["<|eot_id|>", "<|more|>"],
        },
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["PreTrainedTokenizerFast", "LlamaTokenizer"])
def test_a_rank_file_under_llamas_name(
    rank_file: bytes, write_files: Any, load_both: Any, assert_same: Any, name: str, configuration: dict[str, Any]
) -> None:
    folder = write_files({"tokenizer.model": rank_file, "tokenizer_config.json": configuration})
    assert_same(*load_both(name, folder))


@pytest.mark.parametrize("name", ["r50k_base", "cl100k_base", "o200k_base"])
def test_tiktoken_gives_the_same_ids_for_its_published_encodings(
    ranks: dict[bytes, int], rank_file: bytes, write_files: Any, lines: list[str], monkeypatch: Any, name: str
) -> None:
    """The published patterns and special tokens over GPT-2's ranks: the own ranks of the encodings are not at hand."""
    tiktoken = pytest.importorskip("tiktoken")
    public = pytest.importorskip("tiktoken_ext.openai_public")
    monkeypatch.setattr(public, "load_tiktoken_bpe", lambda *_, **__: ranks)
    published = getattr(public, name)()
    theirs = tiktoken.Encoding(
        name,
        pat_str=published["pat_str"],
        mergeable_ranks=published["mergeable_ranks"],
        special_tokens=published["special_tokens"],
    )
    folder = write_files({f"{name}.tiktoken": rank_file})
    ours = AutoTokenizer.from_pretrained(folder)
    texts = [*lines, "a<|endoftext|>b", "<|fim_prefix|><|endofprompt|>"]
    rows = ours(texts, verbose=False)["input_ids"]
    assert rows == [theirs.encode(text, allowed_special="all") for text in texts]
    assert [ours.decode(row) for row in rows] == [theirs.decode(row) for row in rows]
    assert ours.eos_token == "<|endoftext|>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"no token for the byte 0x00: was the file cut off\?"),
        (b"IQ== 0\nIg== 1\n", "no token for the byte 0x00"),
        (b"IQ== 0\nIQ== 1\n", "line 2: the token or the rank 1 has been there before"),
        (b"IQ== 0\nIg== 0\n", "line 2: the token or the rank 0 has been there before"),
        (b"IQ== 0\nIg==\n", "line 2 must be a token in base64 and its rank, not b'Ig=='"),
        (b"IQ== 0\nI!== 1\n", "line 2 must be a token in base64"),
        (b"IQ== 0\nIg== -1\n", "line 2 must be"),
        (b"IQ== 0\nIg== 99999999999\n", "line 2 must be"),
        (b"IQ== 0\nIg== 1 2\n", "line 2 must be"),
        (b"IQ== 0\n 1\n", "line 2 must be"),
        (b"IQ== 0\n\xff\xfe 1\n", "line 2 must be"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a git-lfs pointer"),
    ],
)
def test_a_rank_file_that_cannot_be_right_is_refused(write_files: Any, content: bytes, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        PreTrainedTokenizer.from_pretrained(write_files({"x.tiktoken": content}))


def test_a_rank_file_with_a_hostile_configuration_or_token_is_refused(rank_file: bytes, write_files: Any) -> None:
    far = {"added_tokens_decoder": {"999999999999": {"content": "<x>"}}}
    folder = write_files({"x.tiktoken": rank_file, "tokenizer_config.json": far})
    with pytest.raises(FileFormatError, match="added_tokens_decoder has the id 999999999999, far behind 4000 ranks"):
        PreTrainedTokenizer.from_pretrained(folder)
    long = rank_file + base64.b64encode(b"a" * 100_000) + b" 60000\n"
    with pytest.raises(FileFormatError, match="has a token of 100000 characters; at most 2048 can be read"):
        PreTrainedTokenizer.from_pretrained(write_files({"x.tiktoken": long}))
    with pytest.raises(FileFormatError, match=r"has 2 rank files \(x.tiktoken, y.tiktoken\)"):
        PreTrainedTokenizer.from_pretrained(write_files({"x.tiktoken": rank_file, "y.tiktoken": rank_file}))


# ---- tekken ----


@pytest.mark.parametrize(
    ("named", "count", "tokens", "size"),
    [(NAMED, 20, 3000, None), (NAMED, 6, 3000, 2500), (None, 30, 2000, None), (NAMED, 1000, 1500, 2000)],
    ids=str,
)
def test_tekken_json_in_both_layouts(
    tekken_file: Any, write_files: Any, lines: list[str], named: Any, count: int, tokens: int, size: int | None
) -> None:
    tekken = pytest.importorskip("mistral_common.tokens.tokenizers.tekken")
    converter = pytest.importorskip("transformers.integrations.mistral.tokenizer")
    folder = write_files({"tekken.json": tekken_file(named, count, tokens, size)})
    ours = AutoTokenizer.from_pretrained(folder)
    theirs = converter.convert_tekken_tokenizer(str(folder / "tekken.json"), chat_template="")
    assert ours.get_vocab() == theirs.get_vocab()
    own = tekken.Tekkenizer.from_file(folder / "tekken.json")
    plain = [line for line in lines if not any(token in line for token in ours.get_added_vocab())]
    rows = ours(plain, verbose=False, return_offsets_mapping=True)
    assert rows["input_ids"] == [own.encode(line, bos=False, eos=False) for line in plain]
    other = [theirs.backend_tokenizer.encode(line) for line in lines]
    rows = ours(lines, verbose=False, return_offsets_mapping=True)
    assert rows["input_ids"] == [row.ids for row in other]
    assert rows["offset_mapping"] == [row.offsets for row in other]
    assert ours.decode(rows["input_ids"][0]) == theirs.decode(rows["input_ids"][0])
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert (ours.bos_token_id, ours.eos_token_id, ours.unk_token_id) == (1, 2, 0)


def edited(document: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {**document, "config": {**document["config"], **config}}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: {**d, "config": None}, r"config\.pattern must be the regular expression"),
        (lambda d: edited(d, pattern=5), r"config\.pattern must be the regular expression"),
        (lambda d: edited(d, pattern="("), r"tekken\.json: pre_tokenizer: Split"),
        (lambda d: edited(d, default_vocab_size=-1), r"config\.default_vocab_size must be a number ≥ 0, not -1"),
        (lambda d: edited(d, default_vocab_size=10**12), r"config\.default_vocab_size is 1000000000000; there are 20"),
        (lambda d: edited(d, default_num_special_tokens=10**12), r"config\.default_num_special_tokens is 10{12}; 6 to"),
        (lambda d: edited(d, default_num_special_tokens=2), r"config\.default_num_special_tokens is 2; 6 to"),
        (lambda d: {**d, "special_tokens": [{"rank": 1, "token_str": "x"}]}, "special_tokens must have the ranks 0, 1"),
        (lambda d: {**d, "special_tokens": [{"rank": 0}]}, "special_tokens must have the ranks 0, 1"),
        (lambda d: {**d, "special_tokens": 5}, "special_tokens must have the ranks 0, 1"),
        (lambda d: {**d, "vocab": {}}, "vocab must be a list of tokens"),
        (lambda d: {**d, "vocab": [5, *d["vocab"][1:]]}, r"vocab\[0\] needs its token_bytes in base64"),
        (lambda d: {**d, "vocab": [*d["vocab"][1:], d["vocab"][1]]}, r"vocab\[2999\] has been there before"),
        (lambda d: {**d, "vocab": [*d["vocab"][1:], d["vocab"][0]]}, None),
        (lambda d: edited(d, default_vocab_size=100), "no token for the byte 0x50"),
    ],
)
def test_a_tekken_json_that_cannot_be_right_is_refused(
    tekken_file: Any, write_files: Any, edit: Any, message: str | None
) -> None:
    folder = write_files({"tekken.json": edit(tekken_file())})
    if message is None:  # an order that is unusual, but says what it says
        assert PreTrainedTokenizer.from_pretrained(folder).vocab_size == 3020
        return
    with pytest.raises(FileFormatError, match=message):
        PreTrainedTokenizer.from_pretrained(folder)


def test_classes_that_have_no_such_files_do_not_take_them(tekken_file: Any, write_files: Any) -> None:
    folder = write_files({"tekken.json": tekken_file()})
    with pytest.raises(leanformers.errors.MissingFileError, match=r"the folder has tekken\.json"):
        leanformers.T5Tokenizer.from_pretrained(folder)
    with pytest.raises(InputValueError, match="bos_token='<none>' is not in the vocabulary"):
        PreTrainedTokenizer.from_pretrained(folder, bos_token="<none>")
