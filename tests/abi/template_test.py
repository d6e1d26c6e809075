"""A connector in C and one in C++, built out of tree against the installed package alone."""

import json
import os
import shutil
import struct
import unittest

from toolbox import BUILD, CMAKE, COMPILERS, SOURCE, folder, run

FLAGS = "-Wall -Wextra -Wpedantic -Wconversion -Werror"


class Template(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = folder(cls)
        cls.prefix = cls.root / "prefix"
        run(CMAKE, "--install", BUILD, "--component", "plugin-api", "--prefix", cls.prefix)
        cls.template = cls.prefix / "share" / "gantry" / "template"
        cls.modules = {}
        for language in ("c", "cpp"):
            for name, cc, cxx in COMPILERS:
                cls.modules[language, name] = cls.build(cls.template / language, language, cc, cxx,
                                                        f"{language}-{name}")

    @classmethod
    def build(cls, source, language, cc, cxx, name, flags=FLAGS):
        out = cls.root / "out" / name
        option = "C" if language == "c" else "CXX"
        cls.configure_and_build(source, out,
                                f"-DCMAKE_{option}_COMPILER={cc if language == 'c' else cxx}",
                                f"-DCMAKE_{option}_FLAGS={flags}")
        return out / "acme.so"

    @classmethod
    def configure_and_build(cls, source, out, *options):
        if shutil.which("ccache"):
            # Relative to the temporary folder, so that the next run finds what this one compiled.
            os.environ.update(CCACHE_BASEDIR=str(cls.root), CCACHE_NOHASHDIR="1")
            options += tuple(f"-DCMAKE_{language}_COMPILER_LAUNCHER=ccache"
                             for language in ("C", "CXX"))
        run(CMAKE, "-S", source, "-B", out, f"-DCMAKE_PREFIX_PATH={cls.prefix}",
            "--no-warn-unused-cli", *options)
        run(CMAKE, "--build", out, "--parallel", "2")

    def test_nothing_but_the_installed_package_is_used(self):
        for path in self.prefix.rglob("*"):
            if path.is_file():
                self.assertNotIn(str(SOURCE), path.read_text(), path)

    def test_exactly_one_symbol_is_exported(self):
        for module in self.modules.values():
            lines = run("nm", "-D", "--defined-only", module).splitlines()
            self.assertEqual([line.split()[1:] for line in lines],
                             [["T", "gantry_plugin_entry_v1"]])

    def test_no_symbol_is_unique_and_every_one_resolves_at_load(self):
        for module in self.modules.values():
            self.assertNotIn(" UNIQUE ", run("readelf", "--dyn-syms", "-W", module))
            dynamic = run("readelf", "-dW", module)
            self.assertIn("BIND_NOW", dynamic)
            self.assertNotIn("STATIC_TLS", dynamic)
            self.assertIn("GNU_RELRO", run("readelf", "-lW", module))

    def test_only_the_language_runtime_is_needed(self):
        allowed = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1",
                   "ld-linux-x86-64.so.2"}
        for (language, _), module in self.modules.items():
            needed = {line.split("[")[1].rstrip("]")
                      for line in run("readelf", "-dW", module).splitlines() if "(NEEDED)" in line}
            self.assertLessEqual(needed, allowed if language == "cpp" else {"libc.so.6"})

    def test_the_manifest_is_readable_after_strip_without_loading(self):
        for module in self.modules.values():
            bare = module.with_suffix(".stripped.so")
            run("strip", "--strip-all", "-o", bare, module)
            notes = run("readelf", "-nW", bare)
            self.assertIn("GANTRY", notes)
            note = self.section(bare, ".note.gantry.manifest")
            name_size, size, kind = struct.unpack_from("<III", note)
            self.assertEqual((name_size, kind, note[12:20]), (7, 1, b"GANTRY\0\0"))
            self.assertEqual(len(note), 20 + (size + 3) // 4 * 4)
            manifest = self.manifest(bare)
            self.assertEqual(manifest["id"], "acme")
            self.assertIs(manifest["config_schema"]["properties"]["token"]["x-gantry-secret"], True)
            self.assertLess(size, len(note))

    def section(self, module, name):
        out = module.with_suffix(".note")
        run("objcopy", f"--dump-section={name}={out}", module, module.with_suffix(".copy"))
        return out.read_bytes()

    def manifest(self, module):
        note = self.section(module, ".note.gantry.manifest")
        return json.loads(note[20:20 + struct.unpack_from("<II", note)[1]])

    def test_a_complete_webhook_connector_fits_in_60_lines(self):
        self.assertLessEqual(len((self.template / "cpp" / "acme.cpp").read_text().splitlines()), 60)

    def test_a_module_with_an_unresolved_symbol_does_not_link(self):
        source = self.copy("unresolved")
        code = source / "acme.c"
        code.write_text(code.read_text().replace(
            "  sink->emit(sink, &record);",
            "  extern void nobody_has_this(void);\n  nobody_has_this();"))
        with self.assertRaisesRegex(AssertionError, "nobody_has_this"):
            self.build(source, "c", "clang-19", "", "unresolved", "")

    def test_a_sanitized_module_links(self):
        for name, cc, cxx in COMPILERS:
            self.build(self.template / "c", "c", cc, cxx, f"asan-{name}",
                       "-fsanitize=address,undefined")

    def test_a_manifest_for_another_name_is_refused_with_the_file(self):
        source = self.copy("wrong-id")
        manifest = source / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"acme"', '"other"'))
        with self.assertRaisesRegex(AssertionError, "manifest.json: id \"other\""):
            self.build(source, "c", "clang-19", "", "wrong-id")

    def test_a_schema_that_is_no_json_is_refused_with_the_file(self):
        source = self.copy("bad-schema")
        (source / "schema.json").write_text("{")
        with self.assertRaisesRegex(AssertionError, "schema.json: not a JSON object"):
            self.build(source, "c", "clang-19", "", "bad-schema")

    def test_a_manifest_with_any_character_arrives_whole(self):
        source = self.copy("odd")
        text = r'Café; "quoted" ${X} @Y@ \\ [a;b] #c'
        path = source / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "description": text}))
        self.assertEqual(self.manifest(self.build(source, "c", "clang-19", "", "odd")),
                         {**json.loads(path.read_text()),
                          "config_schema": json.loads((source / "schema.json").read_text())})

    def test_the_front_connector_builds_with_gcc_from_the_package_alone(self):
        source = self.root / "source" / "front"
        shutil.copytree(SOURCE / "plugins" / "frontapp", source / "frontapp")
        (source / "CMakeLists.txt").write_text("""
cmake_minimum_required(VERSION 3.20)
project(front LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(gantry-plugin REQUIRED)
function(gantry_connector)
  gantry_plugin_module(${ARGN} MANIFEST manifest.json SCHEMA schema.json)
endfunction()
add_subdirectory(frontapp)
""")
        out = self.root / "out" / "front"
        self.configure_and_build(source, out, "-DCMAKE_C_COMPILER=gcc-12",
                                 "-DCMAKE_CXX_COMPILER=g++-12", f"-DCMAKE_CXX_FLAGS={FLAGS}")
        lines = run("nm", "-D", "--defined-only", out / "frontapp" / "frontapp.so").splitlines()
        self.assertEqual([line.split()[2] for line in lines], ["gantry_plugin_entry_v1"])

    def copy(self, name):
        target = self.root / "source" / name
        shutil.copytree(self.template / "c", target)
        return target


if __name__ == "__main__":
    unittest.main(verbosity=2)
