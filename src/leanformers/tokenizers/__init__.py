"""From text to token ids and back: files → Spec (plain data) → the compiled core → BatchEncoding or Ragged."""
