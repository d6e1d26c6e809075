"""The frozen slot list: today's headers succeed every release, and the checker sees each break."""

import shutil
import sys
import unittest

from toolbox import INCLUDE, SOURCE, folder, run

ABI = SOURCE / "plugin-api" / "abi"
sys.path.insert(0, str(ABI))
sys.dont_write_bytecode = True
import slots  # noqa: E402

CLANG = "clang-19"


class Slots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = folder(cls)

    def changed(self, *edits):
        """Reasons for headers in which each (file, old, new) was replaced once."""
        include = self.root / self.id()
        shutil.copytree(INCLUDE, include)
        for file, old, new in edits:
            path = include / "gantry" / file
            text = path.read_text()
            self.assertEqual(text.count(old), 1, f"{file}: {old}")
            path.write_text(text.replace(old, new))
        return slots.check(CLANG, include, ABI)

    def assertRed(self, reasons, words):
        self.assertTrue(any(words in reason for reason in reasons), reasons)

    def test_the_headers_of_today_succeed_every_release(self):
        run(sys.executable, ABI / "slots.py", "check", "--compiler", CLANG)

    def test_another_compiler_lays_out_the_same(self):
        program = self.root / "sizes.c"
        released, _ = slots.parse((ABI / "1.0.slots").read_text().splitlines(), "1.0.slots")
        checks = []
        for name, (size, align, fields) in released.items():
            checks.append(f"_Static_assert(sizeof(struct {name}) == {size}, \"{name}\");")
            checks.append(f"_Static_assert(_Alignof(struct {name}) == {align}, \"{name}\");")
            for field in fields:
                _, path, _, offset, *_ = field.split()
                checks.append(f"_Static_assert(offsetof(struct {name}, {path.split('.')[1]}) == "
                              f"{offset}, \"{path}\");")
        program.write_text("#include <gantry/gantry.h>\n#include <stddef.h>\n" + "\n".join(checks))
        run("gcc-12", "-std=c11", "-fsyntax-only", f"-I{INCLUDE}", program)

    def test_an_inserted_field_is_red(self):
        self.assertRed(self.changed(("abi.h", "  gantry_span title; ",
                                     "  gantry_span subtitle;\n  gantry_span title; ")),
                       "struct gantry_record: slot 4")

    def test_a_changed_signature_is_red(self):
        self.assertRed(self.changed(("abi.h", "int64_t (*remaining_ns)", "int32_t (*remaining_ns)")),
                       "struct gantry_call: slot 4")
        # Same size, same offset, other meaning: only the type tells.

    def test_a_dropped_const_is_red(self):
        self.assertRed(self.changed(("abi.h", "(*emit)(gantry_sink* self, const gantry_record*",
                                     "(*emit)(gantry_sink* self, gantry_record*")),
                       "struct gantry_sink: slot 3")

    def test_a_renamed_field_is_red(self):
        self.assertRed(self.changed(("webhook.h", "gantry_span remote;", "gantry_span sender;")),
                       "struct gantry_request")

    def test_swapped_fields_are_red(self):
        self.assertRed(self.changed(("abi.h", "  int64_t occurred_at_ns;", "  int64_t swap;"),
                                    ("abi.h", "  int64_t version;", "  int64_t occurred_at_ns;"),
                                    ("abi.h", "  int64_t swap;", "  int64_t version;")),
                       "struct gantry_record: slot 10")

    def test_a_removed_function_is_red(self):
        self.assertRed(self.changed(("plugin.h", "  void (*deinit)(void);\n", "")),
                       "struct gantry_plugin")

    def test_a_changed_constant_is_red(self):
        self.assertRed(self.changed(("abi.h", "#define GANTRY_DATA 5", "#define GANTRY_DATA 15")),
                       "constant GANTRY_DATA = 5")

    def test_a_changed_id_is_red(self):
        self.assertRed(self.changed(("check.h", "\"gantry.check/1\"", "\"gantry.check/2\"")),
                       "constant GANTRY_CAP_CHECK")

    def test_a_widened_typedef_is_red(self):
        self.assertRed(self.changed(("abi.h", "typedef int32_t gantry_status;",
                                     "typedef int64_t gantry_status;")),
                       "typedef gantry_status")

    def test_a_field_at_the_end_needs_a_new_minor(self):
        append = ("abi.h", "  gantry_span pointer;  ", "  gantry_span hint;\n  gantry_span pointer;  ")
        self.assertRed(self.changed(append), "struct gantry_error")
        shutil.rmtree(self.root / self.id())
        legal = ("check.h", "gantry_report* report);\n} gantry_check;",
                 "gantry_report* report);\n  int64_t added;\n} gantry_check;")
        self.assertRed(self.changed(legal), "grew without a new GANTRY_ABI_MINOR")

    def test_a_field_at_the_end_is_green_with_a_new_minor_and_its_list(self):
        include = self.root / "next" / "include"
        released = self.root / "next" / "abi"
        shutil.copytree(INCLUDE, include)
        shutil.copytree(ABI, released)
        abi = include / "gantry" / "abi.h"
        abi.write_text(abi.read_text().replace("GANTRY_ABI_MINOR 0u", "GANTRY_ABI_MINOR 1u"))
        check = include / "gantry" / "check.h"
        check.write_text(check.read_text().replace(
            "gantry_report* report);\n} gantry_check;",
            "gantry_report* report);\n  int64_t added;\n} gantry_check;"))
        self.assertRed(slots.check(CLANG, include, released), "1.1.slots: missing")
        (released / "1.1.slots").write_text("\n".join(slots.listing(CLANG, include)))
        self.assertEqual(slots.check(CLANG, include, released), [])

    def test_a_struct_without_its_size_never_grows(self):
        self.assertRed(self.changed(("abi.h", "  uint64_t size;\n} gantry_span;",
                                     "  uint64_t size;\n  uint64_t hash;\n} gantry_span;"),
                                    ("abi.h", "GANTRY_ABI_MINOR 0u", "GANTRY_ABI_MINOR 1u")),
                       "gantry_span has no struct_size")

    def test_without_lists_it_is_red(self):
        empty = self.root / "empty"
        empty.mkdir()
        self.assertRed(slots.check(CLANG, INCLUDE, empty), "1.0.slots: missing")
        self.assertRed(slots.check(CLANG, INCLUDE, self.root / "nowhere"), "1.0.slots: missing")

    def test_an_emptied_list_is_red(self):
        hollow = self.root / "hollow"
        hollow.mkdir()
        (hollow / "1.0.slots").write_text("")
        self.assertRed(slots.check(CLANG, INCLUDE, hollow), "lists nothing")


if __name__ == "__main__":
    unittest.main(verbosity=2)
