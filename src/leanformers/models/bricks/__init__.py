"""Bricks: the descriptions of `wiring.py` as torch modules on packed tokens. They train, and run what a plan cannot."""

from __future__ import annotations

from .encoder import EncoderBrick, StacksBrick
from .head import HeadBrick

__all__ = ["EncoderBrick", "HeadBrick", "StacksBrick"]
