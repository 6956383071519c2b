"""Writing on: what `model.generate` does. settings → writer (model and cache) → chooser or beams → ids."""
