"""The parts of bench/tokenizer_speed.py: corpora, vocabularies, peers, workloads, measuring, report."""
