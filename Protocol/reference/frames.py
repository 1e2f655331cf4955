"""One frame of every type, and frames that break a rule (wire.md §3)."""
import struct

from base import H, ZERO

HELLO, PING, PONG, CLOSE, END, CANCEL = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ROOT, ROOTS, TREE_GET, TREE_NODE, STATEMENT_GET, STATEMENT = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
MAP_GET, MAP, BLOCK_GET, DATA, HAVE, GROW = 0x20, 0x21, 0x22, 0x23, 0x24, 0x25


def frame(kind, body, flags=0):
    return struct.pack(">BBH", kind, flags, len(body)) + body


def text8(text):
    return bytes([len(text.encode())]) + text.encode()


def hello(low=1, high=1, features=0, root=None, inflight=16 << 20, name="car-1", version="0.1.0"):
    root = H(b"root") if root is None else root
    return struct.pack(">HHI", low, high, features) + root + struct.pack(">I", inflight) + text8(name) + text8(version)


def ping(number=1, monotonic=2, wall=1_700_000_000_000, clock_set=1):
    return struct.pack(">QQQB", number, monotonic, wall, clock_set)


def roots(entries):
    return struct.pack(">H", len(entries)) + b"".join(author + root for author, root in entries)


def tree_get(prefixes, request=7):
    """prefixes: (number of digits, packed bytes)."""
    return struct.pack(">I", request) + H(b"author") + struct.pack(">H", len(prefixes)) + b"".join(
        bytes([count]) + packed for count, packed in prefixes)


def leaf(keys, sequence=3):
    return b"\1" + struct.pack(">H", len(keys)) + b"".join(key + struct.pack(">Q", sequence) + H(key) for key in keys)


def inner(prefix, bitmap, counts):
    """prefix: (number of digits, packed bytes)."""
    return (b"\2" + bytes([prefix[0]]) + prefix[1] + struct.pack(">H", bitmap)
            + b"".join(struct.pack(">I", count) + H(b"child %d" % i)[:16] for i, count in enumerate(counts)))


def tree_node(node, request=7, index=0):
    return struct.pack(">IH", request, index) + node


def block_get(request=9, block=3, offset=65_536, length=983_040, priority=1, flags=0):
    return struct.pack(">I", request) + H(b"content") + struct.pack(">IIIBB", block, offset, length, priority, flags)


def data(payload, request=9, offset=65_536, length=None):
    return struct.pack(">III", request, offset, len(payload) if length is None else length) + payload


def have(ranges):
    return H(b"content") + struct.pack(">H", len(ranges)) + b"".join(struct.pack(">II", *r) for r in ranges)


def grow(size=5 << 20, blocks=4, name="open.mcap"):
    return H(b"open") + struct.pack(">QI", size, blocks) + text8(name)


def good(statement):
    keys = sorted(H(b"key %d" % i) for i in range(16))
    request = struct.pack(">I", 5)
    return [
        ("HELLO", HELLO, hello()),
        ("HELLO of a later version with unknown features", HELLO, hello(1, 9, 0xFFFFFFFC, ZERO, 64 << 20, "", "")),
        ("PING", PING, ping()), ("PONG", PONG, ping(clock_set=0)),
        ("CLOSE", CLOSE, struct.pack(">HH", 5, 5) + b"renew"), ("END", END, request + b"\0\1"),
        ("CANCEL", CANCEL, request), ("ROOT", ROOT, H(b"root") + struct.pack(">Q", 12)),
        ("ROOTS", ROOTS, roots([(b"\1" * 32, H(b"root")), (b"\2" * 32, ZERO)])),
        ("TREE_GET", TREE_GET, tree_get([(0, b""), (1, b"\xa0"), (4, b"\xab\xcd"), (63, b"\x77" * 31 + b"\x70")])),
        ("TREE_NODE empty", TREE_NODE, tree_node(b"\0")),
        ("TREE_NODE leaf", TREE_NODE, tree_node(leaf(keys), index=511)),
        ("TREE_NODE inner", TREE_NODE, tree_node(inner((3, b"\xab\xc0"), 0x8001, [1, 16]))),
        ("STATEMENT_GET", STATEMENT_GET, request + struct.pack(">H", 2) + keys[0] + keys[1]),
        ("STATEMENT pushed", STATEMENT, bytes(4) + statement), ("STATEMENT answered", STATEMENT, request + statement),
        ("MAP_GET", MAP_GET, request + H(b"content")),
        ("MAP", MAP, request + struct.pack(">I", 2047) + keys[0] + keys[1]),
        ("BLOCK_GET", BLOCK_GET, block_get()),
        ("BLOCK_GET that allows zstd", BLOCK_GET, block_get(block=0, offset=0, length=1 << 20, priority=3, flags=1)),
        ("DATA", DATA, data(b"some bytes")), ("HAVE", HAVE, have([(0, 3), (4, 1), (100, 7)])),
        ("HAVE of nothing", HAVE, have([])), ("GROW", GROW, grow())]


def refused():
    a, b = sorted((H(b"a"), H(b"b")))
    request = struct.pack(">I", 5)
    listed = [
        ("unknown type", 0x7F, b""), ("HELLO: versions are no range", HELLO, hello(2, 1)),
        ("HELLO: version 0", HELLO, hello(0, 1)), ("HELLO: no version", HELLO, hello(0, 0)),
        ("HELLO: maxInflight below 1 MiB", HELLO, hello(inflight=(1 << 20) - 1)),
        ("HELLO: maxInflight over 64 MiB", HELLO, hello(inflight=(64 << 20) + 1)),
        ("HELLO: a byte too many", HELLO, hello() + b"\0"),
        ("HELLO: name is not UTF-8", HELLO, hello()[:44] + b"\1\xff\0"), ("PING: clockSet is 2", PING, ping(clock_set=2)),
        ("CLOSE: unknown code", CLOSE, b"\0\0\0\0"),
        ("CLOSE: text of 1 001 bytes", CLOSE, struct.pack(">HH", 1, 1001) + bytes(1001)),
        ("END: unknown status", END, request + b"\0\x08"), ("END: request 0", END, bytes(6)),
        ("CANCEL: request 0", CANCEL, bytes(4)),
        ("ROOTS: not ascending", ROOTS, roots([(b, a), (a, a)])), ("ROOTS: twice the same", ROOTS, roots([(a, a), (a, b)])),
        ("TREE_GET: a prefix of 64 digits", TREE_GET, tree_get([(64, bytes(32))])),
        ("TREE_GET: padding is not zero", TREE_GET, tree_get([(1, b"\xa1")])),
        ("TREE_GET: 513 prefixes", TREE_GET, tree_get([(0, b"")] * 513)),
        ("TREE_NODE: unknown kind", TREE_NODE, tree_node(b"\3")),
        ("TREE_NODE: index 512", TREE_NODE, tree_node(b"\0", index=512)),
        ("TREE_NODE: leaf without entries", TREE_NODE, tree_node(leaf([]))),
        ("TREE_NODE: leaf of 17", TREE_NODE, tree_node(leaf(sorted(H(b"key %d" % i) for i in range(17))))),
        ("TREE_NODE: leaf not ascending", TREE_NODE, tree_node(leaf([b, a]))),
        ("TREE_NODE: sequence of 2^62", TREE_NODE, tree_node(leaf([a], 1 << 62))),
        ("TREE_NODE: one child", TREE_NODE, tree_node(inner((0, b""), 1, [17]))),
        ("TREE_NODE: a child of 0", TREE_NODE, tree_node(inner((0, b""), 3, [0, 17]))),
        ("TREE_NODE: 16 in all", TREE_NODE, tree_node(inner((0, b""), 3, [8, 8]))),
        ("TREE_NODE: padding is not zero", TREE_NODE, tree_node(inner((1, b"\xa1"), 3, [8, 9]))),
        ("STATEMENT_GET: 257 hashes", STATEMENT_GET, request + struct.pack(">H", 257) + bytes(257 * 32)),
        ("STATEMENT_GET: fewer than it says", STATEMENT_GET, request + struct.pack(">H", 2) + a),
        ("STATEMENT: not a statement", STATEMENT, request + b"\xa2" * 150), ("MAP_GET: request 0", MAP_GET, bytes(4) + a),
        ("MAP: no hashes", MAP, request + bytes(4)), ("MAP: part of a hash", MAP, request + bytes(4) + a[:31]),
        ("MAP: beyond the last block", MAP, request + struct.pack(">I", 1 << 20) + a),
        ("BLOCK_GET: beyond the block", BLOCK_GET, block_get(offset=65_537)),
        ("BLOCK_GET: nothing", BLOCK_GET, block_get(length=0)), ("BLOCK_GET: priority 4", BLOCK_GET, block_get(priority=4)),
        ("BLOCK_GET: unknown flag", BLOCK_GET, block_get(flags=2)),
        ("BLOCK_GET: block 2^20", BLOCK_GET, block_get(block=1 << 20)),
        ("DATA: nothing", DATA, data(b"")), ("DATA: shorter than it says", DATA, data(b"abc", length=4)),
        ("DATA: longer than it says", DATA, data(b"abc", length=2)), ("DATA: 61 441 bytes", DATA, data(bytes(61_441))),
        ("DATA: beyond the block", DATA, data(b"ab", offset=(1 << 20) - 1)),
        ("HAVE: an empty range", HAVE, have([(0, 0)])), ("HAVE: ranges touch", HAVE, have([(0, 1), (1, 1)])),
        ("HAVE: beyond the last block", HAVE, have([((1 << 20) - 1, 2)])),
        ("HAVE: number of blocks overflows", HAVE, have([(0xFFFFFFFF, 0xFFFFFFFF)])),
        ("GROW: more final blocks than bytes", GROW, grow(5 << 20, 6)), ("GROW: over 2^40 bytes", GROW, grow((1 << 40) + 1))]
    made = [(why, frame(kind, body)) for why, kind, body in listed]
    made += [
        ("flags are not zero", frame(CANCEL, request, flags=1)),
        ("a known type marked as ignorable", frame(CANCEL, request, flags=0x80)),
        ("compressed DATA, which no side offers", frame(DATA, data(b"abc"), flags=1)),
        ("a body over 65 515 bytes", struct.pack(">BBH", 0x7F, 0x80, 65_516) + bytes(65_516)),
        ("a body cut off", frame(CANCEL, request)[:-1]), ("a header cut off", b"\6\0\0")]
    return made


def frame_vectors(statement):
    return {
        "about": "wire.md §3. frames decode and encode to the same bytes; `ignored` decode to nothing; refused ones "
                 "close the session with `protocol`. GROW decodes, but closes a session that has not agreed on it. "
                 "thenZeros: as many zero bytes follow.",
        "frames": [{"meaning": meaning, "type": kind, "frame": frame(kind, body).hex()}
                   for meaning, kind, body in good(statement)],
        "ignored": [frame(0x7F, b"future", flags=0x80).hex(), frame(0x26, b"", flags=0xFF).hex()],
        "refused": [{"why": why, **shortened(made)} for why, made in refused()]}


def shortened(made):
    """Long runs of zero bytes at the end are counted, not written."""
    zeros = len(made) - len(made.rstrip(b"\0"))
    return {"frame": made.hex()} if zeros < 64 else {"frame": made[:-zeros].hex(), "thenZeros": zeros}
