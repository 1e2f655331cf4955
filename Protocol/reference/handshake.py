"""The handshake and the records of a session with fixed keys (wire.md §2)."""
import struct

from base import H
from primitives import aead_seal, hkdf_pair, x25519, x25519_public

PREAMBLE = b"ACQD" + bytes([1, 0, 0, 0])
PROLOGUE = PREAMBLE + b"acqd/1"
RECORDS_PER_KEY = 16_384
CANCEL_1 = b"\6\0\0\4\0\0\0\1"


class Symmetric:
    """Noise's SymmetricState."""

    def __init__(self, name):
        assert len(name) == 32
        self.h = self.ck = name
        self.k, self.n = None, 0

    def mix_hash(self, data):
        self.h = H(self.h, data)

    def mix_key(self, material):
        self.ck, self.k = hkdf_pair(self.ck, material)
        self.n = 0

    def encrypt_and_hash(self, plaintext):
        ciphertext = aead_seal(self.k, self.n, self.h, plaintext)
        self.n += 1
        self.mix_hash(ciphertext)
        return ciphertext


def handshake(initiator, initiator_ephemeral, responder, responder_ephemeral):
    """Both sides at once: (message 1, message 2, handshake hash, key of the initiator, key of the responder)."""
    s, e, rs, re = (x25519_public(k) for k in (initiator, initiator_ephemeral, responder, responder_ephemeral))
    state = Symmetric(b"Noise_IK_25519_ChaChaPoly_SHA256")
    state.mix_hash(PROLOGUE)
    state.mix_hash(rs)
    state.mix_hash(e)
    state.mix_key(x25519(initiator_ephemeral, rs))
    sealed_static = state.encrypt_and_hash(s)
    state.mix_key(x25519(initiator, rs))
    first = e + sealed_static + state.encrypt_and_hash(b"")
    state.mix_hash(re)
    state.mix_key(x25519(initiator_ephemeral, re))
    state.mix_key(x25519(initiator, re))
    second = re + state.encrypt_and_hash(b"")
    return (PREAMBLE + struct.pack(">H", len(first)) + first, struct.pack(">H", len(second)) + second, state.h,
            *hkdf_pair(state.ck, b""))


def record(key, number, plaintext):
    for _ in range(number // RECORDS_PER_KEY):
        key = aead_seal(key, 2**64 - 1, b"", bytes(32))[:32]
    ciphertext = aead_seal(key, number, b"", plaintext)
    return struct.pack(">H", len(ciphertext)) + ciphertext


def handshake_vectors(initiator, responder, key_values):
    e, re = H(b"ephemeral of the initiator"), H(b"ephemeral of the responder")
    first, second, digest, sends, receives = handshake(initiator["noiseSecret"], e, responder["noiseSecret"], re)
    numbers = (0, 1, RECORDS_PER_KEY - 1, RECORDS_PER_KEY, RECORDS_PER_KEY + 1, 2 * RECORDS_PER_KEY)
    return {
        "about": "wire.md §2. The plaintext of every record is the frame of CANCEL 1.",
        "initiator": key_values(initiator), "responder": key_values(responder),
        "initiatorEphemeral": e.hex(), "responderEphemeral": re.hex(),
        "message1": first.hex(), "message2": second.hex(), "handshakeHash": digest.hex(),
        "records": [{"number": n, "fromInitiator": record(sends, n, CANCEL_1).hex(),
                     "fromResponder": record(receives, n, CANCEL_1).hex()} for n in numbers]}
