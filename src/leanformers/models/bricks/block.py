"""Block: attention, perhaps one over another text, and mlp, each added to its input; norms before, between or after."""

from __future__ import annotations

from torch import Tensor, nn

from ...ops.context import Context, LayerCache
from .. import wiring
from .attention import AttentionBrick, CrossAttentionBrick
from .convolution import ConvolutionBrick
from .leaves import norm_or_nothing
from .mlp import mlp

__all__ = ["BlockBrick"]


class BlockBrick(nn.Module):
    """One block; the slots have the names of `wiring.Block`."""

    def __init__(self, description: wiring.Block) -> None:
        super().__init__()
        self.before_attention = norm_or_nothing(description.before_attention)
        self.attention = AttentionBrick(description.attention)
        self.attention_norm = norm_or_nothing(description.attention_norm)
        self.attention_dropout = nn.Dropout(description.attention_dropout)
        self.after_attention = norm_or_nothing(description.after_attention)
        self.before_cross = norm_or_nothing(description.before_cross)
        self.cross = CrossAttentionBrick(description.cross) if description.cross else None
        self.after_cross = norm_or_nothing(description.after_cross)
        self.before_mlp = norm_or_nothing(description.before_mlp)
        self.mlp = mlp(description.mlp)
        self.mlp_norm = norm_or_nothing(description.mlp_norm)
        self.mlp_dropout = nn.Dropout(description.mlp_dropout)
        self.after_mlp = norm_or_nothing(description.after_mlp)
        self.convolution = ConvolutionBrick(description.convolution) if description.convolution else None
        self.after_convolution = norm_or_nothing(description.after_convolution)

    def forward(self, x: Tensor, context: Context, past: LayerCache | None = None) -> Tensor:
        """(tokens, width) → (tokens, width); `context` and `past` as for the attention."""
        given = x
        branch = self.attention(_through(self.before_attention, x), context, past)
        x = self.attention_dropout(_through(self.attention_norm, branch)) + x
        x = _through(self.after_attention, x)
        if self.cross is not None:
            x = self.attention_dropout(self.cross(_through(self.before_cross, x), context, past)) + x
            x = _through(self.after_cross, x)
        branch = self.mlp(_through(self.before_mlp, x))
        x = self.mlp_dropout(_through(self.mlp_norm, branch)) + x
        x = _through(self.after_mlp, x)
        if self.convolution is None:
            return x
        return _through(self.after_convolution, x + self.convolution(given, context.runs))


def _through(norm: nn.Module | None, x: Tensor) -> Tensor:
    if norm is None:
        return x
    y: Tensor = norm(x)
    return y
