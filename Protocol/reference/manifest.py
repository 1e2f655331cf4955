"""The trees and roots of a manifest, and what TREE_NODE says of them (wire.md §4)."""
import struct

from base import H, P, ZERO

LEAF_MAX = 16


def digits(key):
    return key.hex()


def packed(prefix):
    """Hexadecimal digits, two a byte, an odd last one padded with a zero digit."""
    return bytes.fromhex(prefix + "0" * (len(prefix) % 2))


def common(entries):
    """The longest beginning that all keys share. Two keys differ, so it is never all 64 digits."""
    first, last = min(entries), max(entries)
    count = 0
    while digits(first)[count] == digits(last)[count]:
        count += 1
    return digits(first)[:count]


def under(entries, prefix):
    return {key: value for key, value in entries.items() if digits(key).startswith(prefix)}


def children(entries):
    prefix = common(entries)
    return prefix, [under(entries, prefix + "0123456789abcdef"[child]) for child in range(16)]


def leaf_bytes(entries):
    return b"".join(key + struct.pack(">Q", entries[key][0]) + entries[key][1] for key in sorted(entries))


def node_hash(entries):
    """N(S); entries: register key -> (sequence, statement hash)."""
    if not entries:
        return ZERO
    if len(entries) <= LEAF_MAX:
        return H(P("acqd/1 manifest leaf"), leaf_bytes(entries))
    prefix, below = children(entries)
    return H(P("acqd/1 manifest node"), bytes([len(prefix)]), packed(prefix), *map(node_hash, below))


def author_root(author, entries):
    if not entries:
        return ZERO
    return H(P("acqd/1 manifest author"), author, struct.pack(">I", len(entries)), node_hash(entries))


def manifest_root(forest):
    """forest: author -> entries. Authors without statements are left out."""
    shown = [author for author in sorted(forest) if forest[author]]
    return H(P("acqd/1 manifest root"), struct.pack(">H", len(shown)),
             *(author + author_root(author, forest[author]) for author in shown))


def tree_node(entries, prefix):
    """The body of TREE_NODE from `kind` on, for one requested prefix."""
    below = under(entries, prefix)
    if not below:
        return b"\0"
    if len(below) <= LEAF_MAX:
        return b"\1" + struct.pack(">H", len(below)) + leaf_bytes(below)
    own, parts = children(below)
    bitmap = sum(1 << child for child, part in enumerate(parts) if part)
    return b"\2" + bytes([len(own)]) + packed(own) + struct.pack(">H", bitmap) + b"".join(
        struct.pack(">I", len(part)) + node_hash(part)[:16] for part in parts if part)


def sample_entries():
    """Random keys, and two families that share 5 and 63 digits: the tree must skip both."""
    keys = [H(b"register %d" % i) for i in range(40)]
    keys += [bytes.fromhex(("abcde" + digits(H(b"near %d" % i)))[:64]) for i in range(20)]
    keys += [bytes.fromhex("7" * 63 + "0123456789abcdef"[i]) for i in range(16)]
    keys += [bytes.fromhex("7" * 62 + "8f")]
    return [(key, i * i, H(b"statement %d" % i)) for i, key in enumerate(keys)]


def manifest_vectors():
    sample = sample_entries()
    authors = sorted(H(b"author %d" % i) for i in range(3))
    trees = []
    for count in (0, 1, 2, 16, 17, 40, 60, len(sample)):
        entries = {key: (sequence, statement) for key, sequence, statement in sample[:count]}
        trees.append({"entryCount": count, "treeHash": node_hash(entries).hex(),
                      "authorRoot": author_root(authors[0], entries).hex(),
                      "manifestRoot": manifest_root({authors[0]: entries}).hex()})
    everything = {key: (sequence, statement) for key, sequence, statement in sample}
    prefixes = ["", "a", "b", "abcd", "abcde", "abcdef", "0", "7", "77777", "7" * 61, "7" * 62, "7" * 63, "f" * 63]
    forests = []
    for counts in ((0, 0, 0), (1, 0, 0), (0, 17, 0), (3, 17, 40)):
        forest = {author: {k: (s, h) for k, s, h in sample[:count]} for author, count in zip(authors, counts)}
        forests.append({"entryCounts": list(counts), "root": manifest_root(forest).hex()})
    return {
        "about": "wire.md §4. trees: the first entryCount of `entries`, all by authors[0]; treeHash is N(all). nodes: "
                 "what the tree of all entries answers to TREE_GET; `body` is that of TREE_NODE from `kind` on. "
                 "forests: author i has the first entryCounts[i] entries.",
        "authors": [author.hex() for author in authors],
        "entries": [{"key": k.hex(), "sequence": s, "hash": h.hex()} for k, s, h in sample],
        "trees": trees,
        "nodes": [{"prefix": p, "nibbleCount": len(p), "packed": packed(p).hex(), "body": tree_node(everything, p).hex()}
                  for p in prefixes],
        "forests": forests}
