"""Statements, their bodies in deterministic CBOR, signatures, hashes and registers (wire.md §4)."""
import struct

from base import H, P
from primitives import ed25519_sign

RECORDING, HOLDING, ANNOTATION, RETIREMENT, NODE = 1, 2, 3, 4, 5


def cbor(value):
    """Deterministic CBOR (RFC 8949 section 4.2.1) of what bodies are made of."""
    def head(major, number):
        for info, code, limit in ((None, None, 24), (24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32),
                                  (27, ">Q", 1 << 64)):
            if number < limit:
                if info is None:
                    return bytes([major << 5 | number])
                return bytes([major << 5 | info]) + struct.pack(code, number)
        raise ValueError(number)
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    pairs = sorted((cbor(k), cbor(v)) for k, v in value.items())
    return head(5, len(pairs)) + b"".join(k + v for k, v in pairs)


def signed_bytes(kind, author, subject, shard, sequence, body, flags=0, pad=bytes(3)):
    return (bytes([0xA1, kind]) + struct.pack(">H", flags) + author + subject + bytes([shard]) + pad
            + struct.pack(">QH", sequence, len(body)) + body)


def signed(seed, covered):
    return covered + ed25519_sign(seed, P("acqd/1 statement") + covered)


def statement_hash(statement):
    return H(P("acqd/1 statement hash"), statement)


def register_key(kind, author, subject, shard):
    return H(P("acqd/1 register"), bytes([kind]), author, subject, bytes([shard]))


def bodies(author):
    ids = sorted(H(b"recording %d" % i) for i in range(5))
    content, root = H(b"recording 0"), H(b"root 0")
    now, log_time = 1_700_000_000_000, 1_700_000_000_000_000_000
    return [
        ("a closed recording", RECORDING, content, 0, 1,
         {1: 5_255_225, 2: root, 3: "drive_1.mcap", 4: log_time, 5: log_time + 1, 6: 0}),
        ("a cut-off recording without messages, with its setup", RECORDING, ids[1], 0, 2,
         {1: 0, 2: root, 3: "naïve €.mcap", 6: 1, 9: {"driver": "R", "tyres": "wet", "é": ""}}),
        ("a derived recording", RECORDING, ids[2], 0, 3,
         {1: 1 << 40, 2: root, 3: "x", 6: 0, 7: content, 8: "repaired"}),
        ("a shard with a catalog", HOLDING, author, 7, 4,
         {1: b"".join(ids[:3]), 2: b"".join(ids[3:]), 3: now, 4: b"\x05"}),
        ("an empty shard", HOLDING, author, 255, (1 << 62) - 1, {1: b"", 2: b"", 3: 0}),
        ("fields, one removed", ANNOTATION, content, 0, 5,
         {1: {"driver": [1, "R", now, "pit"], "tag:wet": [4294967295, None, now, ""]}}),
        ("a retirement", RETIREMENT, content, 0, 6, {1: 1, 2: True, 3: "test drive", 4: 30}),
        ("a node", NODE, author, 0, 7, {1: "car-1", 2: 123456789012, 3: "0.1.0", 4: False}),
        ("unknown keys are kept", NODE, author, 0, 8, {1: "car-1", 2: 0, 3: "9.9.9", 4: True, 99: [-1, "future"]}),
    ]


def statement_vectors(key, values):
    author, seed = bytes.fromhex(values["nodeID"]), key["signSeed"]
    listed = []

    def add(meaning, kind, subject, shard, sequence, body):
        covered = signed_bytes(kind, author, subject, shard, sequence, body)
        statement = signed(seed, covered)
        listed.append({
            "meaning": meaning, "kind": kind, "subject": subject.hex(), "shard": shard, "sequence": sequence,
            "body": body.hex(), "signature": statement[-64:].hex(), "encoded": statement.hex(),
            "hash": statement_hash(statement).hex(),
            "registerKey": register_key(kind, author, subject, shard).hex()})

    for meaning, kind, subject, shard, sequence, body in bodies(author):
        add(meaning, kind, subject, shard, sequence, cbor(body))
    add("an unknown kind with a body that is not CBOR: stored, without effect", 200, H(b"x"), 0, 9, b"\xff\xff")
    add("an empty body: stored, without effect", RECORDING, H(b"y"), 0, 10, b"")
    return {
        "about": "wire.md §4. Signed by `key`. Refused: what must not be stored, whatever else it says.",
        "key": values, "statements": listed, "refused": refused(author, seed)}


def refused(author, seed):
    subject, body = H(b"x"), cbor({1: 1})
    good = signed(seed, signed_bytes(NODE, author, author, 0, 1, body))
    listed = [
        ("flags are not zero", signed(seed, signed_bytes(NODE, author, author, 0, 1, body, flags=1))),
        ("padding is not zero", signed(seed, signed_bytes(NODE, author, author, 0, 1, body, pad=b"\0\0\1"))),
        ("sequence of 2^62", signed(seed, signed_bytes(NODE, author, author, 0, 1 << 62, body))),
        ("another first byte", b"\xa2" + good[1:]), ("a byte too many", good + b"\0"), ("a byte too few", good[:-1]),
        ("no bytes", b""), ("a body longer than the statement", good[:80] + b"\xff\xff" + good[82:]),
        ("a changed subject under the old signature", good[:36] + subject + good[68:]),
        ("signed without the domain prefix", good[:-64] + ed25519_sign(seed, good[:-64])),
        ("signed by another key", signed(H(b"another"), good[:-64])),
        ("a signature of zeros", good[:-64] + bytes(64))]
    return [{"why": why, "encoded": encoded.hex()} for why, encoded in listed]
