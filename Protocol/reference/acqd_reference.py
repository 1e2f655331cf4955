"""The hashes, statements, manifests, cards, frames and handshake of acqd, once more and apart from the program.

    python3 acqd_reference.py            writes ../vectors/*.json
    python3 acqd_reference.py --check    compares them with what it would write; exit 1 when they differ
    python3 acqd_reference.py DIRECTORY  writes them there

Standard library only. Sections (§) are those of wire.md. Only the rules are here, not the checks of hostile input:
the vectors under "refused" are made by hand, one for each rule.
"""
import hashlib
import json
import pathlib
import struct
import sys
import zlib

import frames
import manifest
import statements
from base import BLOCK, P, H, block_root, file_root, node_id, base64url, inverted, pattern
from handshake import handshake_vectors
from primitives import ed25519_public, x25519_public

ROLES = ("car", "base", "cloud")


def blockmap_vectors():
    """§5."""
    files = []
    for size in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 12345):
        data = pattern(size)
        blocks = [H(P("acqd/1 file block"), data[i:i + BLOCK]) for i in range(0, size, BLOCK)]
        files.append({
            "sizeBytes": size, "contentID": hashlib.sha256(data).hexdigest(),
            "blocks": [b.hex() for b in blocks], "blockRoot": file_root(size, blocks).hex()})
        assert file_root(size, blocks) == block_root(data)
    shapes = []
    for count in list(range(1, 18)) + [31, 32, 33, 1000]:
        blocks = [H(b"block %d" % i) for i in range(count)]
        shapes.append({"blockCount": count, "blockRoot": file_root(count * BLOCK, blocks).hex()})
    return {
        "about": "wire.md §5. In files, byte i of the file is (131 i + 17 (i >> 8) + 7) & 255. In shapes, the file has "
                 "blockCount whole blocks and the hash of block i is SHA-256 of the ASCII text 'block i'.",
        "files": files, "shapes": shapes}


def fixed_key(role, number):
    """Secrets that everyone knows, for vectors only."""
    return {
        "role": role, "noiseSecret": H(b"noise secret %d" % number), "signSeed": H(b"sign seed %d" % number)}


def key_values(key):
    noise, sign = x25519_public(key["noiseSecret"]), ed25519_public(key["signSeed"])
    return {
        "role": ROLES[key["role"]], "noiseSecret": key["noiseSecret"].hex(), "signSeed": key["signSeed"].hex(),
        "noisePublic": noise.hex(), "signPublic": sign.hex(), "nodeID": node_id(key["role"], noise, sign).hex()}


def keyed_text(role, first, second):
    payload = bytes([role]) + first + second
    return base64url(payload + struct.pack(">I", zlib.crc32(payload)))


def card_vectors():
    """§1."""
    good, cards = [], []
    for number, name in enumerate(("car-1", "base.station_2", "C" * 64)):
        key = fixed_key(number, number)
        noise, sign = x25519_public(key["noiseSecret"]), ed25519_public(key["signSeed"])
        text = keyed_text(number, noise, sign)
        cards.append((name, ROLES[number], text, noise, sign))
        good.append({
            "name": name, **key_values(key), "card": f"acqd1 {name} {ROLES[number]} {text}",
            "secret": f"acqd1-secret {ROLES[number]} {keyed_text(number, key['noiseSecret'], key['signSeed'])}"})
    name, role, text, noise, sign = cards[0]
    other_role = keyed_text(3, noise, sign)
    short = base64url(bytes([0]) + noise + sign[:-1] + struct.pack(">I", zlib.crc32(bytes([0]) + noise + sign[:-1])))
    swapped = text[:10] + text[11] + text[10] + text[12:]
    assert swapped != text
    refused = [
        ("another first word", f"acqd2 {name} {role} {text}"), ("no name", f"acqd1 {role} {text}"),
        ("five words", f"acqd1 {name} {role} {text} x"), ("a name of 65", f"acqd1 {'C' * 65} {role} {text}"),
        ("a slash in the name", f"acqd1 a/b {role} {text}"), ("a name that begins with a dot", f"acqd1 .. {role} {text}"),
        ("another role in words", f"acqd1 {name} base {text}"), ("a role in capitals", f"acqd1 {name} CAR {text}"),
        ("a role that does not exist", f"acqd1 {name} {role} {other_role}"),
        ("two characters swapped", f"acqd1 {name} {role} {swapped}"), ("padding", f"acqd1 {name} {role} {text}=="),
        ("a character missing", f"acqd1 {name} {role} {text[:-1]}"), ("a key too short", f"acqd1 {name} {role} {short}"),
        ("bits left over", f"acqd1 {name} {role} {inverted(text)}"), ("a secret", good[0]["secret"])]
    return {"about": "wire.md §1. Each card and secret line reads back; each refused line does not.",
            "cards": good, "refused": [{"why": why, "card": card} for why, card in refused]}


def vectors():
    car, base, cloud = (fixed_key(n, n) for n in range(3))
    made = statements.statement_vectors(car, key_values(car))
    return {
        "blockmap": blockmap_vectors(), "cards": card_vectors(), "statements": made,
        "manifest": manifest.manifest_vectors(),
        "frames": frames.frame_vectors(bytes.fromhex(made["statements"][0]["encoded"])),
        "handshake": handshake_vectors(car, base, key_values)}


def main(arguments):
    directory = pathlib.Path(__file__).resolve().parent.parent / "vectors"
    check = arguments == ["--check"]
    if arguments and not check:
        directory = pathlib.Path(arguments[0])
    differing = []
    for name, value in vectors().items():
        text = json.dumps(value, indent=1, ensure_ascii=True) + "\n"
        path = directory / f"{name}.json"
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differing.append(path.name)
    if differing:
        sys.exit("not what the reference gives: " + " ".join(differing))


if __name__ == "__main__":
    main(sys.argv[1:])
