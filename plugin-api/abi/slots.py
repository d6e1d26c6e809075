#!/usr/bin/env python3
"""The frozen slot list of the plugin ABI: every struct, field, type, function and constant.

    slots.py list                    prints the list of the headers as they are now
    slots.py check                   compares it with every released list; exit 1 and the reasons

Names and types come from the compiler's own syntax tree, offsets, sizes and values from a program
that the compiler builds, so nothing here is typed by hand twice. A released list is never edited:
a new minor adds abi/1.N.slots.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"slots.py: {' '.join(map(str, command))} failed\n{done.stderr}")
    return done.stdout


def declarations(compiler, include):
    """Structs with their fields, typedefs and functions that the headers declare, in order."""
    flags = ["-std=c11", f"-I{include}", "-x", "c", "-"]
    source = "#include <gantry/gantry.h>\n"
    tree = json.loads(run([compiler, "-Xclang", "-ast-dump=json", "-fsyntax-only", *flags], source))
    structs, typedefs, functions = {}, {}, {}
    for node in tree["inner"]:
        name = node.get("name", "")
        if not name.startswith("gantry_"):
            continue
        if node["kind"] == "RecordDecl" and node.get("completeDefinition"):
            structs[name] = [(field["name"], field["type"]["qualType"])
                             for field in node.get("inner", []) if field["kind"] == "FieldDecl"]
        elif node["kind"] == "TypedefDecl":
            typedefs[name] = node["type"]["qualType"]
        elif node["kind"] == "FunctionDecl":
            functions[name] = node["type"]["qualType"]
    macros = re.findall(r"^#define (GANTRY_\w+) (.+)$",
                        run([compiler, "-dM", "-E", *flags], source), re.MULTILINE)
    # Compiler spellings, not part of the contract's data; include guards are empty and not found.
    constants = sorted(name for name, _ in macros if name != "GANTRY_EXPORT")
    return structs, typedefs, functions, constants


def listing(compiler, include):
    """The slot list as text lines."""
    structs, typedefs, functions, constants = declarations(compiler, include)
    if not structs or not constants:
        sys.exit(f"slots.py: no ABI found under {include}")
    program = ["#include <gantry/gantry.h>", "#include <stddef.h>", "#include <stdio.h>",
               "#define SHOW(name) _Generic((name), const char*: text, char*: text, "
               "default: number)(#name, (name))",
               "static void text(const char* name, const char* value) "
               "{ printf(\"constant %s = \\\"%s\\\"\\n\", name, value); }",
               "static void number(const char* name, long long value) "
               "{ printf(\"constant %s = %lld\\n\", name, value); }",
               "int main(void) {"]
    for name, fields in structs.items():
        program.append(f'printf("struct {name} size %zu align %zu\\n", sizeof(struct {name}), '
                       f'_Alignof(struct {name}));')
        for field, kind in fields:
            program.append(f'printf("field {name}.{field} offset %zu size %zu type {kind}\\n", '
                           f'offsetof(struct {name}, {field}), '
                           f'sizeof(((struct {name}*)0)->{field}));')
    for name, kind in typedefs.items():
        program.append(f'printf("typedef {name} = {kind}\\n");')
    for name, kind in functions.items():
        program.append(f'printf("function {name} = {kind}\\n");')
    for name in constants:
        # One branch of the macro's _Generic is chosen by type; the other must not be called.
        program.append(f"SHOW({name});")
    program += ["return 0;", "}"]
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(folder) / "slots"
        run([compiler, "-std=c11", f"-I{include}", "-x", "c", "-", "-o", binary],
            "\n".join(program))
        return run([binary]).splitlines()


def parse(lines, origin):
    """A list as {structs: {name: [size, align, [field lines]]}, rest: {name: line}}."""
    structs, rest = {}, {}
    for line in lines:
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "struct" and len(words) == 6:
            structs[words[1]] = [int(words[3]), int(words[5]), []]
        elif words[0] == "field" and "." in words[1]:
            owner = words[1].split(".")[0]
            if owner not in structs:
                sys.exit(f"slots.py: {origin}: field before its struct: {line}")
            structs[owner][2].append(line)
        elif words[0] in ("typedef", "function", "constant") and words[2] == "=":
            rest[f"{words[0]} {words[1]}"] = line
        else:
            sys.exit(f"slots.py: {origin}: not a slot: {line}")
    return structs, rest


def may_grow(fields):
    """Only a struct that says its size can be told from a longer one."""
    return bool(fields) and any(line.split()[1].endswith(".struct_size") for line in fields)


def compare(released, today, same_minor):
    """Reasons why `today` is no successor of `released`."""
    reasons = []
    old_structs, old_rest = released
    new_structs, new_rest = today
    for name, (size, align, fields) in old_structs.items():
        if name not in new_structs:
            reasons.append(f"struct {name} is gone")
            continue
        new_size, new_align, new_fields = new_structs[name]
        if new_align != align:
            reasons.append(f"struct {name}: alignment {align} became {new_align}")
        for index, field in enumerate(fields):
            found = new_fields[index] if index < len(new_fields) else "nothing"
            if found != field:
                reasons.append(f"struct {name}: slot {index} was [{field}], is [{found}]")
                break
        grew = len(new_fields) > len(fields) or new_size != size
        if grew and not may_grow(fields):
            reasons.append(f"struct {name} has no struct_size and changed from {size} to "
                           f"{new_size} bytes, {len(fields)} to {len(new_fields)} fields")
        elif grew and same_minor:
            reasons.append(f"struct {name} grew without a new GANTRY_ABI_MINOR")
        elif new_size < size:
            reasons.append(f"struct {name} shrank from {size} to {new_size} bytes")
    for name, line in old_rest.items():
        if name == "constant GANTRY_ABI_MINOR":
            continue
        if new_rest.get(name) != line:
            reasons.append(f"was [{line}], is [{new_rest.get(name, 'nothing')}]")
    if same_minor:
        added = (set(new_structs) - set(old_structs)) | (set(new_rest) - set(old_rest))
        reasons += [f"{name} is new without a new GANTRY_ABI_MINOR" for name in sorted(added)]
    return reasons


def constant(rest, name, origin):
    line = rest.get(f"constant {name}")
    if line is None:
        sys.exit(f"slots.py: {origin}: {name} is missing")
    return int(line.split(" = ")[1])


def check(compiler, include, released_dir):
    today = parse(listing(compiler, include), include)
    major = constant(today[1], "GANTRY_ABI_MAJOR", include)
    minor = constant(today[1], "GANTRY_ABI_MINOR", include)
    known = {path.name for path in pathlib.Path(released_dir).glob("*.slots")}
    expected = [f"{major}.{n}.slots" for n in range(minor + 1)]
    reasons = []
    for name in expected:
        path = pathlib.Path(released_dir) / name
        if not path.is_file():
            reasons.append(f"{path}: missing; write it with: slots.py list > {name}")
            continue
        released = parse(path.read_text().splitlines(), path)
        if not released[0] or not released[1]:
            reasons.append(f"{path}: lists nothing")
            continue
        same_minor = name == expected[-1]
        reasons += [f"{name}: {reason}" for reason in compare(released, today, same_minor)]
    for name in sorted(known - set(expected)):
        reasons.append(f"{name}: a list newer than the headers' {major}.{minor}")
    return reasons


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["list", "check"])
    parser.add_argument("--compiler", default="clang-19", help="a clang (default: %(default)s)")
    parser.add_argument("--include", default=HERE.parent / "include")
    parser.add_argument("--released", default=HERE)
    arguments = parser.parse_args()
    if arguments.what == "list":
        print("\n".join(listing(arguments.compiler, arguments.include)))
        return 0
    reasons = check(arguments.compiler, arguments.include, arguments.released)
    for reason in reasons:
        print(reason, file=sys.stderr)
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
