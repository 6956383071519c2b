"""Padding of encodings that exist already: what `tokenizer.pad` does, for data loaders that batch rows late.

dicts of lists, lists of dicts, arrays → **padded lists or tensors** → BatchEncoding
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError, InputValueError
from .batch_encoding import BatchEncoding

if TYPE_CHECKING:
    from .options import Options

__all__ = ["pad_encodings"]


def pad_encodings(
    encodings: Any,
    options: Options,
    *,
    main: str,
    pad_id: int,
    add_attention_mask: bool,
    tensor_type: str | None,
) -> BatchEncoding:
    """Pad the rows of `encodings`: one row, a batch, or a list of rows. Unknown keys, such as labels, stay as they are.

    Args:
        encodings: a mapping from names to lists or arrays, or a list of such mappings.
        options: how to pad.
        main: the key whose rows decide the lengths, `input_ids`.
        pad_id: what `main` is filled with.
        add_attention_mask: add the mask when it is missing.
        tensor_type: 'np' or 'pt'; None keeps what came.

    Raises:
        InputValueError: `main` is missing, or columns have different numbers of rows.
        InputTypeError: `encodings` is no mapping and no list of mappings.
    """
    columns = _read_columns(encodings, main)
    if tensor_type is None:
        tensor_type = _tensor_type_of(columns[main])
    columns = {name: value.tolist() if hasattr(value, "tolist") else _plain(value) for name, value in columns.items()}
    rows = columns[main]
    single = bool(rows) and not isinstance(rows[0], (list, tuple))
    if single:
        columns = {name: [value] for name, value in columns.items()}
        rows = columns[main]
    _check_rows(columns, main)
    if add_attention_mask and "attention_mask" not in columns:
        columns["attention_mask"] = [[1] * len(row) for row in rows]
    width = options.width(max(map(len, rows), default=0))
    missing = [max(0, width - len(row)) for row in rows]
    for name, fill in ((main, pad_id), ("token_type_ids", 0), ("attention_mask", 0), ("special_tokens_mask", 1)):
        if name in columns:
            columns[name] = [
                [fill] * count + list(row) if options.pad_left else list(row) + [fill] * count
                for row, count in zip(columns[name], missing, strict=True)
            ]
    if single:
        columns = {name: value[0] for name, value in columns.items()}
    return BatchEncoding(columns, tensor_type=tensor_type)


def _read_columns(encodings: Any, main: str) -> dict[str, Any]:
    if isinstance(encodings, Mapping):
        columns = dict(encodings)
    elif isinstance(encodings, Sequence) and all(isinstance(row, Mapping) for row in encodings):
        names = list(encodings[0]) if encodings else [main]
        for i, row in enumerate(encodings):
            if row.keys() != set(names):
                raise InputValueError(f"row {i} has the keys {', '.join(row)}, but row 0 has {', '.join(names)}")
        columns = {name: [row[name] for row in encodings] for name in names}
    else:
        raise InputTypeError(f"pad() needs a mapping or a list of mappings, not {type(encodings).__name__}")
    if main not in columns:
        raise InputValueError(f"pad() needs {main!r}, but there is only {', '.join(map(repr, columns))}")
    return columns


def _tensor_type_of(value: Any) -> str | None:
    """The kind of tensor that came, which is also what goes back."""
    sample = value[0] if isinstance(value, (list, tuple)) and len(value) else value
    package = type(sample).__module__.partition(".")[0]
    return {"torch": "pt", "numpy": "np"}.get(package)


def _plain(value: Any) -> Any:
    """Lists of lists or numbers from a list whose items are arrays, tensors or numbers of their kind."""
    if isinstance(value, (list, tuple)):
        return [item.tolist() if hasattr(item, "tolist") else item for item in value]
    return value


def _check_rows(columns: dict[str, Any], main: str) -> None:
    count = len(columns[main])
    for name, value in columns.items():
        if not isinstance(value, (list, tuple)) or len(value) != count:
            found = f"{len(value)} rows" if isinstance(value, (list, tuple)) else f"no rows ({type(value).__name__})"
            raise InputValueError(f"{name!r} has {found}, but {main!r} has {count}")
