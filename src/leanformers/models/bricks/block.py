"""Block: attention and mlp, each added to its input and normalised."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ...ops.attention import Run
from .. import wiring
from .attention import AttentionBrick
from .leaves import layer_norm
from .mlp import MlpBrick

__all__ = ["BlockBrick"]


class BlockBrick(nn.Module):
    """One block; the slots have the names of `wiring.Block`."""

    def __init__(self, description: wiring.Block) -> None:
        super().__init__()
        self.attention = AttentionBrick(description.attention)
        self.attention_dropout = nn.Dropout(description.attention_dropout)
        self.after_attention = layer_norm(description.after_attention)
        self.mlp = MlpBrick(description.mlp)
        self.mlp_dropout = nn.Dropout(description.mlp_dropout)
        self.after_mlp = layer_norm(description.after_mlp)

    def forward(
        self,
        x: Tensor,
        runs: Sequence[Run],
        weights: list[list[Tensor]] | None = None,
        biases: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """(tokens, width) → (tokens, width); `weights` and `biases` as for the attention."""
        x = self.after_attention(self.attention_dropout(self.attention(x, runs, weights, biases)) + x)
        x = self.after_mlp(self.mlp_dropout(self.mlp(x)) + x)
        return x
