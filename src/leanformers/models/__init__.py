"""Models: from a Ragged of ids to hidden states and logits. Import what you need from the modules."""
