"""Contracts: what holds for every architecture of the registry, beside the reference."""
