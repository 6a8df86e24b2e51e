"""Seeds derived by hashing, so that no result depends on the order or the place in which it is computed."""

from hashlib import sha256


def derive_seed(*parts: str | int) -> int:
    """Return a 63-bit seed that is a function of ``parts`` alone."""
    digest = sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
