"""Tests of tools/tidy: each rule refuses what it is for, and leaves its neighbour alone."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

TOOL = str(pathlib.Path(__file__).resolve().parent / "tidy")
loader = importlib.machinery.SourceFileLoader("tidy", TOOL)
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)


def findings(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            path = root / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (root / "src/storage").mkdir(parents=True, exist_ok=True)
        (root / "src/storage/upkeep_tables.txt").write_text("# listed\nsession_activity\n")
        found = tidy.check(root)[1]
    return [f for f in found if "a slice has a" not in f]


REFUSED = {
    "core knows nothing above it": ("core/a.cpp", '#include "storage/database.h"'),
    "crypto knows no HTTP": ("crypto/a.cpp", '#include "http/request.h"'),
    "http knows no feature": ("http/a.cpp", '#include "features/totp/totp_service.h"'),
    "a store knows no service": (
        "features/totp/totp_store.cpp", '#include "features/totp/totp_service.h"'),
    "a service knows no HTTP": ("features/totp/totp_service.cpp", '#include "http/request.h"'),
    "the pure part knows no storage": ("features/totp/totp.h", '#pragma once\n#include "storage/database.h"'),
    "another slice's store": (
        "features/totp/totp_service.cpp", '#include "features/account/account_store.h"'),
    "audit is the floor": (
        "features/audit/audit_log.h", '#pragma once\n#include "features/account/account_service.h"'),
    "an engine": ("features/totp/totp_store.cpp", '#include "storage/sqlite/connection.h"'),
    "what stores do with answers, in a service": (
        "features/totp/totp_service.cpp", '#include "storage/rows.h"'),
    "a library out of its place": ("features/totp/totp.cpp", "#include <openssl/evp.h>"),
    "a heavy header in a header": ("storage/sqlite/a.h", "#pragma once\n#include <sqlite3.h>"),
    "include not from src": ("core/a.cpp", '#include "result.h"'),
    "wall clock": ("core/a.cpp", "auto t = std::chrono::system_clock::now();"),
    "another slice's routes in a service": (
        "features/totp/totp_service.cpp", '#include "features/session/session_routes.h"'),
    "a transaction in the pure part": (
        "features/totp/totp.cpp", '#include "storage/database.h"\nint f(ReadTx& tx);'),
    "crypto in http": ("http/a.cpp", '#include "crypto/keys.h"'),
    "steady clock": ("core/a.cpp", "auto t = steady_clock::now();"),
    "time()": ("core/a.cpp", "auto t = time(nullptr);"),
    "random device": ("crypto/a.cpp", "std::random_device d;"),
    "rand()": ("core/a.cpp", "int x = rand();"),
    "libsodium's source": ("crypto/a.cpp", "randombytes_buf(p, n);"),
    "sleep": ("http/a.cpp", "std::this_thread::sleep_for(1s);"),
    "sleep in a test": ("core/a_test.cpp", "std::this_thread::sleep_for(1s);"),
    "environment": ("core/a.cpp", 'getenv("HOME");'),
    "SQL in a service": ("features/totp/totp_service.cpp", 'auto s = "SELECT 1 FROM totp";'),
    "new": ("core/a.cpp", "auto* p = new int(1);"),
    "TODO without a number": ("core/a.cpp", "// TODO: later"),
    "default over an enum": (
        "core/a.cpp", "switch (k) {\ncase Kind::Wrong: return 1;\ndefault: return 2;\n}"),
    "a preset by name": ("features/totp/totp.cpp", 'if (preset == "saas") {}'),
    "a vague name": ("core/string_utils.cpp", "int x;"),
    "upkeep of a table that is not listed": (
        "features/totp/totp_store.cpp",
        'int f(UpkeepTx& tx) { return tx.exec("UPDATE totp SET last_step = 0"); }'),
    "a migration without number": ("features/totp/migrations/totp.sql", ""),
    "a lonely twin": ("features/totp/migrations/0001_totp.postgres.sql", ""),
    "a foreign kind of file": ("features/totp/totp.py", ""),
}

ACCEPTED = {
    "app sees all": ("app/a.cpp", '#include "storage/sqlite/connection.h"\nauto t = system_clock::now();'),
    "a comment is no code": ("core/a.cpp", "// system_clock::now() is not for us; a new day\n"),
    "a string is no code": ("core/a.cpp", 'auto s = "rand() and new";'),
    "routes speak HTTP": ("features/totp/totp_routes.cpp", '#include "http/request.h"'),
    "another slice's service": (
        "features/totp/totp_service.cpp", '#include "features/account/account_service.h"'),
    "the audit log": ("features/totp/totp_service.cpp", '#include "features/audit/audit_log.h"'),
    "another slice's routes in routes": (
        "features/totp/totp_routes.cpp", '#include "features/session/session_routes.h"'),
    "the assertion of slow work": (
        "features/totp/totp.cpp", '#include "storage/database.h"\nvoid f() { assert_no_transaction(); }'),
    "the time of sockets": ("http/a.cpp", "auto t = steady_clock::now();"),
    "keyed hashes in http": ("http/a.cpp", '#include "crypto/hash.h"'),
    "a list of common passwords": ("features/password/common_passwords.cpp", "int x;"),
    "what stores do with answers": ("features/totp/totp_store.cpp", '#include "storage/rows.h"'),
    "SQL in a store": ("features/totp/totp_store.cpp", 'auto s = "SELECT 1 FROM totp";'),
    "a member called time": ("core/a.cpp", "auto t = row.time(0); auto u = run_time(0);"),
    "default over characters": ("core/a.cpp", "switch (c) {\ncase 'a': return 1;\ndefault: return 2;\n}"),
    "TODO with a number": ("core/a.cpp", "// TODO(#12): later"),
    "an owned private constructor": ("core/a.cpp", "std::unique_ptr<A> a(new A(1));"),
    "upkeep of a listed table": (
        "features/session/session_store.cpp",
        'int f(UpkeepTx& tx) { return tx.exec("INSERT INTO session_activity (a) VALUES ($1) '
        'ON CONFLICT (a) DO UPDATE SET a = $1"); }'),
    "a changing write": (
        "features/totp/totp_store.cpp",
        'int g(UpkeepTx& tx);\nint f(WriteTx& tx) { return tx.exec("UPDATE totp SET last_step = 0"); }'),
}


class Tidy(unittest.TestCase):
    def test_refuses(self):
        for what, (name, text) in REFUSED.items():
            with self.subTest(what):
                self.assertEqual(len(findings({name: text})), 1, findings({name: text}))

    def test_accepts(self):
        for what, (name, text) in ACCEPTED.items():
            with self.subTest(what):
                self.assertEqual(findings({name: text}), [])

    def test_numbers_of_migrations_are_global(self):
        self.assertEqual(len(findings({"features/a/migrations/0001_a.sql": "",
                                       "features/b/migrations/0001_b.sql": ""})), 1)

    def test_slices_have_no_cycle(self):
        found = findings({
            "features/a/a_service.cpp": '#include "features/b/b_service.h"',
            "features/b/b_service.cpp": '#include "features/a/a_service.h"',
        })
        self.assertEqual(len(found), 1)
        self.assertIn("circle", found[0])

    def test_names_the_line(self):
        found = findings({"core/a.cpp": "int x;\n\nint y = rand();\n"})
        self.assertTrue(found[0].startswith("src/core/a.cpp:3:"), found)


if __name__ == "__main__":
    unittest.main(verbosity=0)
