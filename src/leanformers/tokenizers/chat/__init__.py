"""Conversations: templates, rendered in a sandbox, and what becomes of them. `tokenizer.py` has the calls."""
