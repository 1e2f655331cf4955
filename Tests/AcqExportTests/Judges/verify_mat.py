"""verify_mat.py RECORDING MAT [--start NS] [--end NS] [--wanted REGEX] [--expected FILE] [--json]

Loads MAT with scipy and compares every value with what recording_values reads in RECORDING; ends with an error at the
first difference. --expected also writes what must be there as a MAT file by scipy, for a comparison inside Octave.
Prints: variables, values compared, rows, skipped topics.
"""
import argparse
import os
import re
import sys

import numpy as np
import scipy.io

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import recording_values

TYPES = {
    "double": np.float64, "float": np.float32, "bool": np.bool_, "int32": np.int32, "uint32": np.uint32,
    "int64": np.int64, "uint64": np.int64, "enum": np.int32,
}


def clean(name):
    name = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return ("" if name[:1].isalpha() else "x") + name


def number_type(signal, samples, fractions):
    values = [v for s in samples for v in (s if signal[2] else [s]) if v is not None]
    if signal[0] in fractions or any(isinstance(v, float) for v in values):
        return np.float64
    return np.int64 if all(-(2**63) <= v < 2**63 for v in values) else np.uint64


def cell(kind, value):
    if kind == "bytes":
        return np.frombuffer(value or b"", np.uint8).reshape(1, -1)
    return value or ""


def leaf(signal, samples, times, fractions):
    path, kind, repeated = signal
    rows = [s if repeated else [s] for s in samples]
    width = max([len(r) for r in rows] + [0 if repeated else 1])
    fields = {}
    if kind in ("string", "bytes"):
        data = np.empty((len(rows), width), object)
        for i, row in enumerate(rows):
            for j in range(width):
                data[i, j] = cell(kind, row[j] if j < len(row) else None)
    else:
        dtype = number_type(signal, samples, fractions) if kind == "number" else TYPES[kind]
        if kind == "uint64" and any(v is not None and v >= 2**63 for r in rows for v in r):
            dtype = np.uint64
        data = np.full((len(rows), width), np.nan if np.issubdtype(dtype, np.floating) else 0, dtype)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is not None:
                    data[i, j] = value
    fields["Data"], fields["Timestamp"] = data, times
    if repeated:
        fields["Count"] = np.array([[len(r)] for r in rows], np.uint32)
    absent = any(v is None for r in rows for v in r)
    if absent and not (data.dtype != object and np.issubdtype(data.dtype, np.floating)):
        fields["Valid"] = np.array([[j < len(r) and r[j] is not None for j in range(width)] for r in rows], np.bool_)
    return fields


def expected_tree(topic, origin):
    times = np.array([[(t - origin) / 1e9] for t in topic.times], np.float64)
    tree = {}
    for signal, samples in topic.samples.items():
        node = tree
        for name in signal[0]:
            node = node.setdefault(clean(name), {})
        node.update(leaf(signal, samples, times, topic.fractions))
    return tree or {"Timestamp": times}


class Comparison:
    values = 0

    def fail(self, where, text):
        raise SystemExit(f"{where}: {text}")

    def node(self, where, want, have):
        if isinstance(want, dict):
            if have.dtype.names is None:
                self.fail(where, "no structure")
            if sorted(have.dtype.names) != sorted(want):
                self.fail(where, f"fields {sorted(have.dtype.names)}, want {sorted(want)}")
            for name in want:
                self.node(f"{where}.{name}", want[name], have[0, 0][name])
        elif have.shape != want.shape:
            self.fail(where, f"shape {have.shape}, want {want.shape}")
        elif want.dtype == object:
            for index, value in np.ndenumerate(want):
                self.cell(f"{where}{index}", value, have[index])
        elif have.dtype != want.dtype:
            self.fail(where, f"class {have.dtype}, want {want.dtype}")
        elif not np.array_equal(have, want, equal_nan=want.dtype.kind == "f"):
            at = np.argwhere(~((have == want) | ((have != have) & (want != want))))[0]
            self.fail(where, f"{have[tuple(at)]} at {at}, want {want[tuple(at)]}")
        else:
            self.values += want.size

    def cell(self, where, want, have):
        self.values += 1
        if isinstance(want, str):
            have = "".join(have.ravel().tolist())
            if have != want:
                self.fail(where, f"text {have!r}, want {want!r}")
        elif not np.array_equal(have.ravel(), want.ravel()):
            self.fail(where, "bytes differ")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recording")
    parser.add_argument("mat")
    parser.add_argument("--start", type=int)
    parser.add_argument("--end", type=int)
    parser.add_argument("--wanted")
    parser.add_argument("--expected")
    arguments = parser.parse_args()
    found, skipped, origin = recording_values.topics(
        arguments.recording, arguments.start, arguments.end, arguments.wanted)
    loaded = scipy.io.loadmat(arguments.mat, mat_dtype=False, chars_as_strings=True, struct_as_record=True)
    variables = {name: value for name, value in loaded.items() if not name.startswith("__")}
    meta = variables.pop("meta")[0, 0]
    want = {clean(name): expected_tree(topic, origin) for name, topic in found.items()}
    if set(variables) != set(want):
        raise SystemExit(f"variables {sorted(variables)}, want {sorted(want)}")
    # scipy marks logical arrays only on demand; the comparison inside Octave sees the class itself.
    comparison = Comparison()
    for name in want:
        comparison.node(name, logical_as_bytes(want[name]), variables[name])
    if int(meta["origin"][0, 0]["ns"][0, 0]) != origin or meta["origin"][0, 0]["posix"][0, 0] != origin / 1e9:
        raise SystemExit("the origin differs")
    told = {cell[0] for cell in meta["skipped"][0, 0]["topic"].ravel()}
    if not skipped <= told:
        raise SystemExit(f"skipped {told}, want {skipped}")
    if arguments.expected:
        scipy.io.savemat(arguments.expected, text_as_bytes(want), long_field_names=True, oned_as="column")
    rows = sum(len(topic.times) for topic in found.values())
    print(len(want), comparison.values, rows, ",".join(sorted(told)) or "-")


def text_as_bytes(node):
    """scipy writes text beyond ASCII so that Octave cuts it short; Octave's own text is UTF-8."""
    if isinstance(node, dict):
        return {name: text_as_bytes(value) for name, value in node.items()}
    if node.dtype == object:
        result = np.empty(node.shape, object)
        for index, value in np.ndenumerate(node):
            data = value.encode() if isinstance(value, str) else value.tobytes()
            result[index] = np.frombuffer(data, np.uint8).reshape(1, -1)
        return result
    return node


def logical_as_bytes(node):
    if isinstance(node, dict):
        return {name: logical_as_bytes(value) for name, value in node.items()}
    return node.astype(np.uint8) if node.dtype == np.bool_ else node


main()
