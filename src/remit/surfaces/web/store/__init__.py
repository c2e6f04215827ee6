"""Where records are kept: one SQLite file in a data folder, one document and its revisions per person."""

from __future__ import annotations

from remit.surfaces.web.store.cipher import Cipher, Keyring, WrongPassphrase, new_keyring
from remit.surfaces.web.store.opening import FILE, open_store
from remit.surfaces.web.store.store import PersonRow, Saved, Store, StoreProblem

__all__ = [
    "FILE",
    "Cipher",
    "Keyring",
    "PersonRow",
    "Saved",
    "Store",
    "StoreProblem",
    "WrongPassphrase",
    "new_keyring",
    "open_store",
]
