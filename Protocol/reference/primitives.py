"""X25519 (RFC 7748), Ed25519 (RFC 8032), ChaCha20-Poly1305 (RFC 8439) and HKDF (RFC 5869) from the standard library.

Written to be read beside the RFCs: slow, and not safe against a watcher of its timing. Never use it on real keys.
"""
import hashlib
import hmac
import struct

P25519 = 2**255 - 19


# --- X25519 ---------------------------------------------------------------------------------------

def x25519(scalar, point):
    """RFC 7748 section 5. Raises for a result of zero, as the protocol asks."""
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & ~(128 << 248)) | (64 << 248)
    x1 = int.from_bytes(point, "little") % 2**255
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P25519, x1 * (da - cb) ** 2 % P25519
        x2, z2 = aa * bb % P25519, e * (aa + 121665 * e) % P25519
    if swap:
        x2, z2 = x3, z3
    result = (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")
    if result == bytes(32):
        raise ValueError("a public key of small order")
    return result


def x25519_public(secret):
    return x25519(secret, (9).to_bytes(32, "little"))


# --- Ed25519 --------------------------------------------------------------------------------------

ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P25519 - 2, P25519) % P25519
SQRT_M1 = pow(2, (P25519 - 1) // 4, P25519)


def _recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P25519 - 2, P25519) % P25519
    x = pow(x2, (P25519 + 3) // 8, P25519)
    if (x * x - x2) % P25519:
        x = x * SQRT_M1 % P25519
    if (x * x - x2) % P25519:
        raise ValueError("not a point")
    return P25519 - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P25519 - 2, P25519) % P25519
BASE_X = _recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P25519)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P25519, (p[1] + p[0]) * (q[1] + q[0]) % P25519
    c, d = 2 * p[3] * q[3] * D % P25519, 2 * p[2] * q[2] % P25519
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P25519, g * h % P25519, f * g % P25519, e * h % P25519)


def _multiply(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


def _compress(point):
    inverse = pow(point[2], P25519 - 2, P25519)
    x, y = point[0] * inverse % P25519, point[1] * inverse % P25519
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _hash_int(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little")
    return (a & ~7 & ~(128 << 248)) | (64 << 248), digest[32:]


def ed25519_public(seed):
    return _compress(_multiply(_expand(seed)[0], BASE))


def ed25519_sign(seed, message):
    a, prefix = _expand(seed)
    public = _compress(_multiply(a, BASE))
    r = _hash_int(prefix, message) % ORDER
    point = _compress(_multiply(r, BASE))
    s = (r + _hash_int(point, public, message) % ORDER * a) % ORDER
    return point + s.to_bytes(32, "little")


# --- ChaCha20-Poly1305 ----------------------------------------------------------------------------

def _quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = s[x] + s[y] & 0xFFFFFFFF
        v = s[z] ^ s[x]
        s[z] = (v << turn | v >> 32 - turn) & 0xFFFFFFFF


def _chacha_block(key, counter, nonce):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    s = start[:]
    for _ in range(10):
        for column in range(4):
            _quarter(s, column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            _quarter(s, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, start)))


def _poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def _tag(key, nonce, associated, ciphertext):
    def padded(data):
        return data + bytes(-len(data) % 16)
    lengths = struct.pack("<QQ", len(associated), len(ciphertext))
    return _poly1305(_chacha_block(key, 0, nonce)[:32], padded(associated) + padded(ciphertext) + lengths)


def aead_seal(key, number, associated, plaintext):
    """With Noise's nonce: four zero bytes, then the number, little-endian."""
    nonce = bytes(4) + struct.pack("<Q", number)
    stream = b"".join(_chacha_block(key, 1 + i, nonce) for i in range((len(plaintext) + 63) // 64))
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, stream))
    return ciphertext + _tag(key, nonce, associated, ciphertext)


# --- HKDF -----------------------------------------------------------------------------------------

def hkdf_pair(chaining_key, material):
    """Noise's HKDF with two outputs."""
    extracted = hmac.digest(chaining_key, material, "sha256")
    first = hmac.digest(extracted, b"\1", "sha256")
    return first, hmac.digest(extracted, first + b"\2", "sha256")
