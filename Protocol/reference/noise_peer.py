"""Another end of a session's handshake and records, on the PyPI package noiseprotocol instead of our code (wire.md §2).

    noise_peer.py initiator|responder OWN_SECRET PEER_PUBLIC EPHEMERAL COUNT < from-the-peer > to-the-peer

Keys in hexadecimal. Without interaction: with a fixed ephemeral key the same input gives the same output, so a test runs it
twice, first to get its handshake message and COUNT records, then to give it the peer's. What it reads has to hold the peer's
handshake message (for the initiator perhaps nothing yet) and then no records, or COUNT of them; it ends with an error unless
record i holds the frame of CANCEL i + 1. Its own records hold the same. After the peer's records it writes the handshake hash.
"""
import struct
import sys

from noise.connection import Keypair, NoiseConnection

PREAMBLE = b"ACQD" + bytes([1, 0, 0, 0])
RECORDS_PER_KEY = 16_384


def plaintext(number):
    return b"\6\0\0\4" + struct.pack(">I", number + 1)


def take(data, count):
    if len(data) < count:
        raise SystemExit(f"{count} bytes wanted, {len(data)} left")
    return data[:count], data[count:]


def take_sized(data, expected=None):
    size, data = take(data, 2)
    size, = struct.unpack(">H", size)
    if expected is not None and size != expected:
        raise SystemExit(f"a handshake message of {size} bytes")
    return take(data, size)


def sized(message):
    return struct.pack(">H", len(message)) + message


def connection(role, own, peer, ephemeral):
    noise = NoiseConnection.from_name(b"Noise_IK_25519_ChaChaPoly_SHA256")
    noise.set_prologue(PREAMBLE + b"acqd/1")
    noise.set_keypair_from_private_bytes(Keypair.STATIC, own)
    noise.set_keypair_from_private_bytes(Keypair.EPHEMERAL, ephemeral)
    if role == "initiator":
        noise.set_as_initiator()
        noise.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, peer)
    else:
        noise.set_as_responder()
    noise.start_handshake()
    return noise


def shake_hands(noise, role, data):
    """(bytes to send, what is left of data), or None when the answer is not there yet."""
    if role == "initiator":
        first = PREAMBLE + sized(bytes(noise.write_message()))
        if not data:
            return first, None
        answer, data = take_sized(data, 48)
        noise.read_message(answer)
        return first, data
    preamble, data = take(data, 8)
    if preamble != PREAMBLE:
        raise SystemExit("another preamble")
    first, data = take_sized(data, 96)
    noise.read_message(first)
    return sized(bytes(noise.write_message())), data


def main(role, own, peer, ephemeral, count):
    own, peer, ephemeral, count = bytes.fromhex(own), bytes.fromhex(peer), bytes.fromhex(ephemeral), int(count)
    output = sys.stdout.buffer
    noise = connection(role, own, peer, ephemeral)
    message, data = shake_hands(noise, role, sys.stdin.buffer.read())
    output.write(message)
    if data is None:
        return
    digest = noise.get_handshake_hash()
    for number in range(count):
        if number and number % RECORDS_PER_KEY == 0:
            noise.rekey_outbound_cipher()
        output.write(sized(noise.encrypt(plaintext(number))))
    if not data:
        return
    for number in range(count):
        if number and number % RECORDS_PER_KEY == 0:
            noise.rekey_inbound_cipher()
        record, data = take_sized(data)
        if noise.decrypt(record) != plaintext(number):
            raise SystemExit(f"record {number} holds something else")
    if data:
        raise SystemExit(f"{len(data)} bytes too many")
    output.write(digest)


if __name__ == "__main__":
    main(*sys.argv[1:])
