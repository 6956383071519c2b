"""Coverage-guided fuzzing of the readers of tokenizer files: an error of this library, or a tokenizer that works.

    python tests/tokenizers/fuzz_readers.py -max_total_time=60 tests/tokenizers/fuzz_corpus

An input is a letter, which says what kind of file it is, and the file. Documents are damaged as documents, so that
not only the JSON reader is reached; all else is changed byte by byte. Needs atheris (extra `fuzz`).
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import atheris
from damage import damage

with atheris.instrument_imports(include=["leanformers"], enable_loader_override=False):
    import leanformers

    leanformers.PreTrainedTokenizer  # noqa: B018  the package imports what it needs at the first use of a name
    import leanformers.tokenizers.formats.documents
    import leanformers.tokenizers.formats.merges
    import leanformers.tokenizers.formats.protobuf
    import leanformers.tokenizers.formats.ranks
    import leanformers.tokenizers.formats.sentencepiece
    import leanformers.tokenizers.formats.tekken
    import leanformers.tokenizers.formats.tiktoken
    import leanformers.tokenizers.formats.tokenizer_json
    import leanformers.tokenizers.formats.vocab_json
    import leanformers.tokenizers.formats.vocab_txt


# The letter, the class that reads the file, and its names; a zero byte ends a file that has another after it.
KINDS = {
    b"J": (leanformers.PreTrainedTokenizer, ["tokenizer.json", "tokenizer_config.json"]),
    b"S": (leanformers.T5Tokenizer, ["spiece.model"]),
    b"L": (leanformers.LlamaTokenizer, ["tokenizer.model"]),
    b"T": (leanformers.PreTrainedTokenizer, ["vocab.tiktoken", "tokenizer_config.json"]),
    b"K": (leanformers.PreTrainedTokenizer, ["tekken.json"]),
    b"B": (leanformers.GPT2Tokenizer, ["vocab.json", "merges.txt"]),
    b"V": (leanformers.BertTokenizer, ["vocab.txt", "tokenizer_config.json"]),
}
TEXTS = ["", "a" * 300, "[CLS]é\0ab 12 \u0301\u200d\U0001f40b <s>\ufffd"]
folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))


def read_one(data: bytes) -> None:
    """Read the files in `data`; if they make a tokenizer, use it."""
    kind, files = data[:1], data[1:]
    if kind not in KINDS:
        return
    tokenizer_class, names = KINDS[kind]
    for path in folder.iterdir():
        path.unlink()
    for name, content in zip(names, files.split(b"\0", len(names) - 1), strict=False):
        (folder / name).write_bytes(content)
    try:
        tokenizer = tokenizer_class.from_pretrained(folder)
        for text in TEXTS:
            encoding = tokenizer(text, return_offsets_mapping=True, verbose=False)
            encoding["offset_mapping"]
            tokenizer.decode(encoding["input_ids"], skip_special_tokens=True)
    except leanformers.LeanformersError:
        return


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Documents are damaged as such three times of four, if they can be read."""
    chosen = random.Random(seed)
    if data[:1] in {b"J", b"K", b"B"} and chosen.random() < 0.75:
        first, *rest = data[1:].split(b"\0", 1)
        try:
            damaged = json.dumps(damage(chosen, json.loads(first)), ensure_ascii=False)
        except (ValueError, RecursionError, IndexError, TypeError):
            return atheris.Mutate(data, max_size)
        return b"\0".join([data[:1] + damaged.encode("utf-8", "surrogatepass"), *rest])[:max_size]
    return atheris.Mutate(data, max_size)


def main(arguments: list[str]) -> Any:
    """Run libFuzzer with its own arguments."""
    warnings.simplefilter("ignore")
    atheris.Setup(arguments, read_one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
