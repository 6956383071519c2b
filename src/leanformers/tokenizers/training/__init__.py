"""Training: vocabularies learned from a corpus. `train.py` makes a new tokenizer, `retrain.py` one like another."""
