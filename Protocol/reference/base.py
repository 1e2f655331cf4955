"""What all parts of the reference share: domain prefixes, node ids, block maps (wire.md §1, §4, §5)."""
import base64
import hashlib
import struct

BLOCK = 1 << 20
ZERO = bytes(32)


def P(text):
    """ASCII text, padded with zero bytes to one SHA-256 block."""
    raw = text.encode("ascii")
    assert len(raw) <= 64
    return raw.ljust(64, b"\0")


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def pattern(size):
    """The data of block map vectors."""
    row = bytes(131 * i & 255 for i in range(256))
    rows = [bytes((value + 17 * k + 7) & 255 for value in row) for k in range(256)]
    return b"".join(rows[k & 255] for k in range((size + 255) // 256))[:size]


def node_id(role, noise_public, sign_public):
    return H(P("acqd/1 node"), bytes([role]), noise_public, sign_public)


def merkle_top(hashes):
    """The shape of RFC 9162 section 2.1.1."""
    if not hashes:
        return ZERO
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return H(P("acqd/1 file node"), merkle_top(hashes[:split]), merkle_top(hashes[split:]))


def file_root(size, blocks):
    return H(P("acqd/1 file root"), struct.pack(">Q", size), merkle_top(blocks))


def block_root(data):
    return file_root(len(data), [H(P("acqd/1 file block"), data[i:i + BLOCK]) for i in range(0, len(data), BLOCK)])


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def inverted(text):
    """The same text with the last character's unused low bit set: another spelling of the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]
