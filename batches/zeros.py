"""Codes without their leading zeros: a spreadsheet takes digits for a number, which has none."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

# Of numbers below any limit nine in ten have as many digits as the longest; in a small file, fewer.
MANY = 4
SHORTER = (
    "Codes of digits that are shorter than the usual {}: {}. A spreadsheet may have eaten leading "
    "zeros."
)
SOME_BEGIN_WITH_ZERO = (
    "Some codes of {} digits begin with 0, and {} have fewer digits. A spreadsheet may have eaten "
    "the leading zeros of those."
)


@dataclass
class Digits:
    """How many codes have so many digits and nothing else; in `led` are those that begin with 0."""

    lengths: Counter[int] = field(default_factory=Counter)
    led: Counter[int] = field(default_factory=Counter)

    def note(self, codes: Iterable[str]) -> None:
        digits = [code for code in codes if code.isdigit()]
        self.lengths.update(map(len, digits))
        self.led.update(len(code) for code in digits if code[0] == "0")

    def warnings(self) -> list[str]:
        """Whether zeros seem to be lost, in a sentence.

        Codes of several lengths that never begin with 0 may be meant so, unless the shorter ones
        get fewer as the shorter numbers do.
        """
        longest_led = max(self.led, default=0)
        if fewer := self.shorter_than(longest_led):
            return [SOME_BEGIN_WITH_ZERO.format(longest_led, fewer)]
        [(usual, count)] = self.lengths.most_common(1) or [(0, 0)]
        shorter = self.shorter_than(usual)
        if shorter and (count >= MANY * shorter or self.thins_out_below(usual)):
            return [SHORTER.format(usual, shorter)]
        return []

    def shorter_than(self, length: int) -> int:
        return sum(count for digits, count in self.lengths.items() if digits < length)

    def thins_out_below(self, length: int) -> bool:
        below = [self.lengths[it] for it in sorted(self.lengths, reverse=True) if it < length]
        return len(below) > 1 and all(more >= MANY * less for more, less in pairwise(below))
