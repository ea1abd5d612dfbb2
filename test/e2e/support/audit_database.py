"""Changes an audit log behind the server's back, as whoever holds the database file could. SQLite alone, server stopped.

audit_database.py DATABASE grow COUNT       appends COUNT events that have no number yet
audit_database.py DATABASE flip LEAF        changes one byte of an event
audit_database.py DATABASE retype LEAF      lets it be a text, as an UPDATE with replace() by hand does
audit_database.py DATABASE remove LEAF      takes an event away
audit_database.py DATABASE swap LEAF LEAF   lets two events change places
audit_database.py DATABASE cut SIZE         cuts the newest, tiles and head included, so that all fits together again
audit_database.py DATABASE forget SIZE      the same, and says that a restore gave up what is gone
audit_database.py DATABASE blind SIZE       lets the search believe that it knows SIZE entries
audit_database.py DATABASE size            prints how large the tree is
"""

import hashlib
import os
import sqlite3
import struct
import sys
import time


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(hashes):
    while len(hashes) > 1:
        paired = [sha256(b"\x01", a, b) for a, b in zip(hashes[::2], hashes[1::2])]
        hashes = paired + hashes[len(paired) * 2 :]
    return hashes[0] if hashes else sha256()


def text(value):
    return struct.pack(">H", len(value)) + value


def grow(db, count):
    """Events as canonical_event.h writes them down: of the system, with one fact."""
    now = time.time_ns() // 1000
    rows = []
    for number in range(count):
        millis = (now // 1000).to_bytes(6, "big")
        event_id = millis + b"\x70" + number.to_bytes(4, "big") + os.urandom(5)
        canonical = (b"\x01" + event_id + now.to_bytes(8, "big", signed=True) + b"\x04" + bytes(64) + b"\x01"
                     + text(b"test.grow") + text(b"") + text(b"")
                     + b"\x01" + text(b"number") + b"\x00" + text(str(number).encode()))
        rows.append((event_id, now, 4, None, None, "test.grow", 1, "", "", os.urandom(32), canonical))
    db.executemany("INSERT INTO audit_event (id, at, actor_kind, actor_id, account_id, action, outcome, target_kind, "
                   "target_id, nonce, canonical) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def flip(db, leaf):
    (canonical,) = db.execute("SELECT canonical FROM audit_event WHERE leaf_index = ?", (leaf,)).fetchone()
    changed = bytearray(canonical)
    changed[90] ^= 3  # the outcome: ok becomes refused
    db.execute("UPDATE audit_event SET canonical = ?, outcome = ? WHERE leaf_index = ?", (bytes(changed), changed[90], leaf))


def retype(db, leaf):
    db.execute("UPDATE audit_event SET canonical = replace(canonical, '.', '-') WHERE leaf_index = ?", (leaf,))


def swap(db, one, other):
    for leaf, to in ((one, -1), (other, one), (-1, other)):
        db.execute("UPDATE audit_event SET leaf_index = ? WHERE leaf_index = ?", (to, leaf))


def cut(db, size):
    db.execute("DELETE FROM audit_event WHERE leaf_index >= ?", (size,))
    bundles = db.execute("SELECT hashes FROM audit_tile WHERE level = -1 ORDER BY tile_index").fetchall()
    entries = b"".join(row[0] for row in bundles)[: size * 32]
    level = [entries[at : at + 32] for at in range(0, len(entries), 32)]
    db.execute("DELETE FROM audit_tile")

    def put(number, hashes):
        for index in range(0, len(hashes), 256):
            db.execute("INSERT INTO audit_tile (level, tile_index, hashes) VALUES (?, ?, ?)",
                       (number, index // 256, b"".join(hashes[index : index + 256])))

    put(-1, level)
    leaves = hashes = [sha256(b"\x00", entry) for entry in level]
    number = 0
    while hashes:
        put(number, hashes)
        hashes = [root_of(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        number += 1
    db.execute("UPDATE audit_tree SET size = ?, root = ?", (size, root_of(leaves)))


def forget(db, size):
    cut(db, size)
    db.execute("INSERT INTO audit_origin (number, origin, reason, first_size, started_at, public_key, sealed_seed) "
               "SELECT number + 1, origin || '0', 'restore', 0, started_at, public_key, sealed_seed "
               "FROM audit_origin ORDER BY number DESC LIMIT 1")


def blind(db, size):
    db.execute("INSERT INTO audit_search (id, indexed) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET indexed = excluded.indexed", (size,))


def main():
    path, verb, *numbers = sys.argv[1:]
    db = sqlite3.connect(path)
    db.create_collation("C", lambda a, b: (a > b) - (a < b))
    numbers = [int(number) for number in numbers]
    if verb == "size":
        print(db.execute("SELECT size FROM audit_tree").fetchone()[0])
    elif verb == "remove":
        db.execute("DELETE FROM audit_event WHERE leaf_index = ?", numbers)
    else:
        {"grow": grow, "flip": flip, "retype": retype, "swap": swap, "cut": cut, "forget": forget, "blind": blind}[verb](db, *numbers)
    db.commit()
    db.close()


main()
