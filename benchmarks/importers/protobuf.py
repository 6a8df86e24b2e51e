"""The wire format of protocol buffers: numbered fields, as far as NAS-Bench-101's messages have them."""

import struct

Value = int | bytes


def fields(message: Value) -> dict[int, list[Value]]:
    """Return the values of each field of ``message`` in their order, by its number.

    An integer is an int, everything else the bytes that encode it. Raises ValueError if the message is none.
    """
    if isinstance(message, int):
        raise ValueError("an integer is no message")
    found: dict[int, list[Value]] = {}
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        value: Value
        match key & 7:
            case 0:  # varint
                value, position = _varint(message, position)
            case 1:  # 64 bits
                value, position = _taken(message, position, 8)
            case 2:  # length-delimited
                length, position = _varint(message, position)
                value, position = _taken(message, position, length)
            case 5:  # 32 bits
                value, position = _taken(message, position, 4)
            case kind:
                raise ValueError(f"wire type {kind} is unknown")
        found.setdefault(key >> 3, []).append(value)
    return found


def double(value: Value) -> float:
    """Return the number that a field of type double holds; raises ValueError if it is of another type."""
    if not isinstance(value, bytes) or len(value) != 8:
        raise ValueError("a double has eight bytes")
    (number,) = struct.unpack("<d", value)
    return float(number)


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, the lowest first, and the position behind it."""
    number = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
    raise ValueError("the message ends within a number")


def _taken(message: bytes, position: int, length: int) -> tuple[bytes, int]:
    end = position + length
    if end > len(message):
        raise ValueError("the message ends within a field")
    return message[position:end], end
