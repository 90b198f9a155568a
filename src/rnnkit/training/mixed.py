"""16-bit products of what is kept in 32 bits."""

from __future__ import annotations

from typing import Any

from lightning_fabric.plugins.precision import MixedPrecision


class MixedProducts(MixedPrecision):
    """Operators that gain by it take 16 bits, as PyTorch's autocast decides; what goes in stays as it is. Fabric's own
    class rounds that, too: of a box's place 256 pixels from the border, a whole pixel was left."""

    def convert_input(self, data: Any) -> Any:
        """The same."""
        return data
