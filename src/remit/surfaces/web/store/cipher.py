"""Encryption at rest: every document is sealed on its own, so that no moment leaves plain text in the file or its log.

A random data key seals the documents (AES-256-GCM, the person and the revision bound in). A key made from the
passphrase (scrypt) wraps the data key; changing the passphrase wraps the same data key anew.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from remit.errors import UsageError

PLAIN, SEALED = b"\0", b"\1"
"""First byte of a stored body."""

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 15, 8, 1  # 32 MiB and about a tenth of a second for each guess
_WRAPPING = b"remit data key"


class WrongPassphrase(UsageError):
    """The passphrase does not open the data."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """What is stored about a passphrase: how a key is made of it, and the data key that it wraps."""

    salt: bytes
    n: int
    r: int
    p: int
    wrapped: bytes

    def open(self, passphrase: str) -> Cipher:
        """The cipher of the data.

        Raises
        ------
        WrongPassphrase
        """
        key = _derived(passphrase, self.salt, self.n, self.r, self.p)
        nonce, sealed = self.wrapped[:NONCE_BYTES], self.wrapped[NONCE_BYTES:]
        try:
            return Cipher(AESGCM(key).decrypt(nonce, sealed, _WRAPPING))
        except InvalidTag as error:
            raise WrongPassphrase("The passphrase does not open the data.") from error


class Cipher:
    """Seals and opens documents. Without a key it only packs them.

    Parameters
    ----------
    key : bytes, optional
        The data key.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key
        self._aead = AESGCM(key) if key else None

    def wrap(self, passphrase: str) -> Keyring:
        """The data key, wrapped with a key made of a passphrase."""
        if self._key is None:
            raise ValueError("there is no key to wrap")
        salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        outer = AESGCM(_derived(passphrase, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P))
        return Keyring(salt, SCRYPT_N, SCRYPT_R, SCRYPT_P, nonce + outer.encrypt(nonce, self._key, _WRAPPING))

    def pack(self, document: dict[str, Any], about: str) -> bytes:
        """A document as bytes to store; `about` must be the same when it is opened."""
        data = zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
        if self._aead is None:
            return PLAIN + data
        nonce = os.urandom(NONCE_BYTES)
        return SEALED + nonce + self._aead.encrypt(nonce, data, about.encode())

    def unpack(self, body: bytes, about: str) -> dict[str, Any]:
        """The document that `pack` stored.

        Raises
        ------
        WrongPassphrase
            If it is sealed, and not with this key and for this place.
        """
        kind, data = body[:1], body[1:]
        if kind == SEALED:
            if self._aead is None:
                raise WrongPassphrase("The data are locked with a passphrase.")
            try:
                data = self._aead.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], about.encode())
            except InvalidTag as error:
                raise WrongPassphrase("A stored document was not sealed with this key.") from error
        document: dict[str, Any] = json.loads(zlib.decompress(data))
        return document


def _derived(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode())


def new_keyring(passphrase: str) -> tuple[Keyring, Cipher]:
    """A fresh data key, wrapped and open."""
    cipher = Cipher(AESGCM.generate_key(bit_length=KEY_BYTES * 8))
    return cipher.wrap(passphrase), cipher
