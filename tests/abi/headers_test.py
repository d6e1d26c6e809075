"""The C headers compile under every standard, each alone; the SDK's under C++20."""

import itertools
import os
import unittest
from concurrent.futures import ThreadPoolExecutor

from toolbox import COMPILERS, INCLUDE, SDK, run

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wpadded", "-Werror", "-fsyntax-only"]


def compile_alone(compiler, language, standard, header, flags):
    text = f"#include <{header}>\n#include <{header}>\nint gantry_unused;\n"
    run(compiler, f"-x{language}", f"-std={standard}", *flags, "-", input=text)


class Headers(unittest.TestCase):
    def compile_all(self, rows):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for result in [pool.submit(compile_alone, *row) for row in rows]:
                result.result()

    def test_each_header_compiles_alone_in_every_standard(self):
        headers = sorted(f"gantry/{path.name}" for path in INCLUDE.glob("gantry/*.h"))
        self.assertIn("gantry/plugin.h", headers)
        rows = []
        for header, (_, cc, cxx) in itertools.product(headers, COMPILERS):
            flags = [*STRICT, f"-I{INCLUDE}"]
            rows += [(cc, "c", standard, header, flags) for standard in ("c11", "c17")]
            rows += [(cxx, "c++", standard, header, flags)
                     for standard in ("c++11", "c++14", "c++17", "c++20")]
        self.compile_all(rows)

    def test_each_sdk_header_compiles_alone(self):
        headers = sorted(f"gantry/sdk/{path.name}" for path in SDK.glob("gantry/sdk/*.hpp"))
        # It needs the header that gantry_plugin_module() generates; template_test builds it.
        headers.remove("gantry/sdk/entry.hpp")
        flags = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsyntax-only",
                 f"-I{INCLUDE}", f"-I{SDK}"]
        self.compile_all([(cxx, "c++", "c++20", header, flags)
                          for header, (_, _, cxx) in itertools.product(headers, COMPILERS)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
