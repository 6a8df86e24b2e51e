"""What is made of on/off patterns: observers that take in one activation after the other and keep little of it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from proxies.errors import NotApplicableError

# float32 sums of distinct powers of two are exact below 2^24, so a word of 24 bits packs by one product.
WORD_BITS = 24


class SampleWisePatterns:
    """Counts the distinct S-bit strings of the neurons exactly, holding packed bits only."""

    def __init__(self, samples: int, device: torch.device) -> None:
        self.samples = samples
        self.neurons = 0
        sizes = [min(WORD_BITS, samples - at) for at in range(0, samples, WORD_BITS)]
        self._powers = [2.0 ** torch.arange(size, dtype=torch.float32, device=device) for size in sizes]
        # One flag a possible string, if all strings fit into one word; else the words [words, V] of each layer.
        self._seen = torch.zeros(2**samples if len(sizes) == 1 else 0, dtype=torch.bool, device=device)
        self._words: list[Tensor] = []

    def add(self, active: Tensor) -> None:
        """Take in one layer's pattern [S, V]."""
        self.neurons += active.shape[1]
        if len(self._powers) == 1:
            self._seen.index_fill_(0, (self._powers[0] @ active).long(), True)
        else:
            words = [powers @ bits for powers, bits in zip(self._powers, active.split(WORD_BITS), strict=True)]
            self._words.append(torch.stack(words).to(torch.int32))

    def count(self) -> int:
        """Return the number of distinct strings over all layers."""
        if not self.neurons:
            raise no_activation()
        if not self._words:
            return int(self._seen.sum())
        codes, *others = torch.cat(self._words, dim=1).long()
        for word in others:
            # Number the strings so far from 0: fewer than 2^39 of them, so the next word fits into the low bits.
            codes = (torch.unique(codes, return_inverse=True)[1] << WORD_BITS) | word
        return torch.unique(codes).numel()


class StandardPatterns:
    """Counts the distinct V-bit strings of the samples exactly, holding packed bits only."""

    def __init__(self, samples: int, device: torch.device) -> None:
        self.samples = samples
        self.neurons = 0
        self._powers = 2.0 ** torch.arange(WORD_BITS, dtype=torch.float32, device=device)
        self._words: list[Tensor] = []  # [S, words] of each layer

    def add(self, active: Tensor) -> None:
        """Take in one layer's pattern [S, V]."""
        self.neurons += active.shape[1]
        padded = F.pad(active, (0, -active.shape[1] % WORD_BITS))
        words = padded.view(self.samples, -1, WORD_BITS) @ self._powers
        self._words.append(words.to(torch.int32).cpu())

    def count(self) -> int:
        """Return the number of distinct strings over all samples."""
        if not self._words:
            raise no_activation()
        return len({row.tobytes() for row in torch.cat(self._words, dim=1).numpy()})


class PatternAgreement:
    """Sums, over all neurons, in how many of them each pair of samples is in the same state."""

    def __init__(self, samples: int, device: torch.device) -> None:
        self.neurons = 0
        self._kernel = torch.zeros(samples, samples, dtype=torch.float64, device=device)

    def add(self, active: Tensor) -> None:
        """Take in one layer's pattern x [S, V]: x xᵀ + (1-x)(1-x)ᵀ = 2 x xᵀ - Σx_i - Σx_j + V."""
        for part in active.split(2**24, dim=1):  # float32 counts are exact up to there
            together = (part @ part.T).double()
            on = together.diagonal()
            self._kernel += 2 * together - on[:, None] - on[None, :] + part.shape[1]
        self.neurons += active.shape[1]

    def kernel(self) -> Tensor:
        """Return the float64 matrix [S, S] of the number of neurons in which two samples agree."""
        if not self.neurons:
            raise no_activation()
        return self._kernel


def no_activation() -> NotApplicableError:
    """Return the error for a network in which nothing switches on or off."""
    return NotApplicableError("the network has no ReLU-like activation, so there are no activation patterns")
