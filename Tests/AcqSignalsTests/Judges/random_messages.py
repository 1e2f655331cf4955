"""random_messages.py SEED SCHEMAS MESSAGES

Makes random protobuf schemas and messages and says what PyPI's protobuf reads in them. For each schema, lines:
`schema NAME SET` (FileDescriptorSet in hex), `message BYTES`, then `signal PATH KIND single|list VALUE...` with one
VALUE per message: `-` absent, a value, or `[value,...]`; and `end`. Messages are encoded by a richer twin of the schema:
more fields, the other choice of packing. Last line: `features NAME=COUNT ...`, how many schemas have each feature.
"""
import collections
import random
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "double": F.TYPE_DOUBLE, "float": F.TYPE_FLOAT, "int32": F.TYPE_INT32, "int64": F.TYPE_INT64,
    "uint32": F.TYPE_UINT32, "uint64": F.TYPE_UINT64, "sint32": F.TYPE_SINT32, "sint64": F.TYPE_SINT64,
    "fixed32": F.TYPE_FIXED32, "fixed64": F.TYPE_FIXED64, "sfixed32": F.TYPE_SFIXED32,
    "sfixed64": F.TYPE_SFIXED64, "bool": F.TYPE_BOOL, "string": F.TYPE_STRING, "bytes": F.TYPE_BYTES,
}
PACKABLE = [name for name in SCALARS if name not in ("string", "bytes")]
KEYS = [name for name in PACKABLE if name not in ("double", "float")] + ["string"]


class Schema:
    """`visible` is what the decoder gets, `full` what encodes; both are lists of files."""

    def __init__(self, rng, number):
        self.rng, self.number, self.features, self.hidden = rng, number, collections.Counter(), set()
        self.syntax = rng.choice(["proto3"] * 6 + ["proto2"] * 3 + ["editions"])
        self.package = rng.choice(["", "a.b", f"pkg{number}"])
        self.note(self.syntax)
        self.is_recursive = False
        # Re-encoding a cut message must give the same bytes: where types recurse nothing is hidden, packed anew or a map.
        self.may_recurse = rng.random() < 0.25
        self.file_count = rng.randint(1, 3)
        self.files = []
        for index in range(self.file_count):
            file = descriptor_pb2.FileDescriptorProto(name=f"s{number}_{index}.proto", package=self.package)
            if self.syntax == "editions":
                file.syntax, file.edition = "editions", descriptor_pb2.EDITION_2023
            else:
                file.syntax = self.syntax
            for earlier in self.files:
                file.dependency.append(earlier.name)
            self.files.append(file)
            self.types, self.enums = getattr(self, "types", []), getattr(self, "enums", [])
            self.add_enum(file.enum_type, self.scope(), f"E{index}")
            for _ in range(rng.randint(1, 2)):
                self.add_message(file.message_type, self.scope(), f"M{index}_{len(file.message_type)}", 0)
        if self.file_count > 1:
            self.note("several files")
        self.root = self.types[-1]

    def note(self, feature):
        self.features[feature] = 1

    def scope(self):
        return "." + self.package if self.package else ""

    def add_enum(self, into, scope, name):
        enum = into.add(name=name)
        numbers = [0] + self.rng.sample([1, 2, 5, -3, 2**31 - 1, -(2**31)], 3)
        for index, value in enumerate(numbers):
            enum.value.add(name=f"{name}_V{index}", number=value)
        self.enums.append(f"{scope}.{name}")
        self.note("enum")

    def add_message(self, into, scope, name, depth):
        rng, message = self.rng, into.add(name=name)
        full = f"{scope}.{name}"
        if depth < 2 and rng.random() < 0.4:
            self.add_enum(message.enum_type, full, "Inner")
            self.note("nested enum")
        if depth < 2 and rng.random() < 0.4:
            self.add_message(message.nested_type, full, "Part", depth + 1)
            self.note("nested type")
        if depth > 0 and rng.random() < 0.1:
            self.types.append(full)
            self.note("empty message")
            return
        numbers = rng.sample(range(1, 40), 20) + [255, 256, 4_000, 70_000, 2**29 - 1]
        rng.shuffle(numbers)
        numbers = iter(numbers)
        for index in range(rng.randint(2, 8)):
            self.add_field(message, full, f"f{index}", next(numbers))
        if rng.random() < 0.4:
            message.oneof_decl.add(name="choice")
            self.note("oneof")
            for index in range(rng.randint(2, 4)):
                field = self.typed(message.field.add(name=f"c{index}", number=next(numbers), label=1))
                field.oneof_index = 0
        if rng.random() < 0.3 and self.syntax == "proto3":
            field = message.field.add(name="maybe", number=next(numbers), label=1, proto3_optional=True)
            field.type = SCALARS[rng.choice(list(SCALARS))]
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name="_maybe")
            self.note("proto3 optional")
        if rng.random() < 0.2 and not self.may_recurse:
            self.add_map(message, full, "table", next(numbers))
        if rng.random() < 0.4 and self.syntax == "proto2":
            group = message.nested_type.add(name="Old")
            group.field.add(name="x", number=1, label=1, type=F.TYPE_INT32)
            group.field.add(name="y", number=2, label=1, type=F.TYPE_STRING)
            message.field.add(name="old", number=next(numbers), label=rng.choice([1, 3]), type=F.TYPE_GROUP,
                              type_name=f"{full}.Old")
            self.note("group")
        if self.may_recurse and rng.random() < 0.5:
            message.field.add(name="again", number=next(numbers), label=rng.choice([1, 3]), type=F.TYPE_MESSAGE,
                              type_name=full)
            self.is_recursive = True
            self.note("recursive")
        if not self.may_recurse:
            for index in range(rng.choice([0, 0, 1, 2])):
                self.hidden.add((full, f"h{index}"))
                self.typed(message.field.add(name=f"h{index}", number=next(numbers), label=rng.choice([1, 3])))
                self.note("unknown field")
        self.types.append(full)

    def typed(self, field, choices=("scalar", "scalar", "enum", "message")):
        kind = self.rng.choice([c for c in choices if c != "message" or self.types])
        if kind == "scalar":
            name = self.rng.choice(list(SCALARS))
            field.type = SCALARS[name]
            self.note(name)
        elif kind == "enum":
            field.type, field.type_name = F.TYPE_ENUM, self.rng.choice(self.enums)
        else:
            field.type, field.type_name = F.TYPE_MESSAGE, self.rng.choice(self.types)
            self.note("repeated message" if field.label == 3 else "nested message")
        return field

    def add_field(self, message, full, name, number):
        if number > 255:
            self.note("large field number")
        field = self.typed(message.field.add(name=name, number=number, label=3 if self.rng.random() < 0.35 else 1))
        if field.label == 3 and field.type not in (F.TYPE_MESSAGE, F.TYPE_STRING, F.TYPE_BYTES):
            self.note("repeated scalar")
        if field.label == 1 and self.syntax == "editions" and field.type != F.TYPE_MESSAGE:
            if self.rng.random() < 0.5:
                field.options.features.field_presence = descriptor_pb2.FeatureSet.IMPLICIT
                if field.type == F.TYPE_ENUM:
                    field.ClearField("options")
                else:
                    self.note("implicit presence by feature")

    def add_map(self, message, full, name, number):
        entry = message.nested_type.add(name="TableEntry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=1, type=SCALARS[self.rng.choice(KEYS)])
        self.typed(entry.field.add(name="value", number=2, label=1))
        message.field.add(name=name, number=number, label=3, type=F.TYPE_MESSAGE, type_name=f"{full}.TableEntry")
        self.note("map")

    def variant(self, visible):
        """The files for the decoder, or for the encoder."""
        files = []
        for file in self.files:
            copy = descriptor_pb2.FileDescriptorProto.FromString(file.SerializeToString())
            for message in copy.message_type:
                self.adapt(message, f"{self.scope()}.{message.name}", visible)
            files.append(copy)
        return files

    def adapt(self, message, full, visible):
        if visible:
            kept = [f for f in message.field if (full, f.name) not in self.hidden]
            del message.field[:]
            message.field.extend(kept)
        elif self.syntax != "editions" and not self.may_recurse:
            for field in message.field:
                if field.label == 3 and field.type in [SCALARS[n] for n in PACKABLE] + [F.TYPE_ENUM]:
                    field.options.packed = self.rng.random() < 0.5
                    self.note("packed" if field.options.packed else "unpacked")
        for inner in message.nested_type:
            self.adapt(inner, f"{full}.{inner.name}", visible)


def plain(message):
    """Makes maps the repeated entries that they are on the wire, so that protobuf gives them in their order."""
    message.options.ClearField("map_entry")
    for inner in message.nested_type:
        plain(inner)


def load(files, name):
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name.lstrip(".")))


def number(rng, bits, signed):
    value = rng.choice([0, 1, 127, 128, 300, 2**31 - 1, 2**31, 2**53 + 1, 2**bits - 1, rng.getrandbits(bits)])
    value %= 2**bits
    return value - 2**bits if signed and value >= 2 ** (bits - 1) else value


def random_value(rng, field):
    kind = field.type
    if kind in (F.TYPE_DOUBLE, F.TYPE_FLOAT):
        value = rng.choice([0.0, -0.0, 1.5, -2.25e10, float("inf"), rng.uniform(-1e3, 1e3)])
        return struct.unpack("<f", struct.pack("<f", value))[0] if kind == F.TYPE_FLOAT else value
    if kind == F.TYPE_BOOL:
        return rng.random() < 0.5
    if kind == F.TYPE_STRING:
        return rng.choice(["", "plain", "grüß", "x😀y", "a\0b", "long " * 50])
    if kind == F.TYPE_BYTES:
        return rng.randbytes(rng.choice([0, 1, 5, 200]))
    if kind == F.TYPE_ENUM:
        numbers = [v.number for v in field.enum_type.values]
        return rng.choice(numbers + ([] if field.enum_type.is_closed else [77, -77]))
    return number(rng, 64 if "64" in field_name(kind) else 32, field.cpp_type in (1, 2))


def field_name(kind):
    return next(name for name, value in SCALARS.items() if value == kind)


def fill(rng, message, features, depth=0):
    for field in message.DESCRIPTOR.fields:
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        if rng.random() < 0.3 or (field.message_type is not None and depth > 4):
            continue
        if is_map:
            key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            for _ in range(rng.randint(0, 3)):
                item = random_value(rng, key)
                table = getattr(message, field.name)
                if value.message_type is None:
                    table[item] = random_value(rng, value)
                else:
                    fill(rng, table[item], features, depth + 1)
        elif field.message_type is not None:
            count = rng.randint(0, 3) if field.is_repeated else 1
            for _ in range(count):
                inner = getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name)
                inner.SetInParent() if not field.is_repeated else None
                fill(rng, inner, features, depth + 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(random_value(rng, field) for _ in range(rng.randint(0, 4)))
        else:
            value = random_value(rng, field)
            if field.type == F.TYPE_ENUM and value in (77, -77):
                features["unknown enum number"] = 1
            setattr(message, field.name, value)


def kind_of(field):
    kinds = {F.TYPE_DOUBLE: "double", F.TYPE_FLOAT: "float", F.TYPE_BOOL: "bool", F.TYPE_STRING: "string",
             F.TYPE_BYTES: "bytes", F.TYPE_ENUM: "enum"}
    return kinds.get(field.type) or {1: "int32", 2: "int64", 3: "uint32", 4: "uint64"}[field.cpp_type]


def text(kind, value):
    if kind == "float":
        return struct.pack(">f", value).hex()
    if kind == "double":
        return struct.pack(">d", value).hex()
    if kind == "string":
        return "x" + value.encode().hex()
    return "x" + value.hex() if kind == "bytes" else str(int(value))


def fields(descriptor, types):
    """(field, how): group, bytes (a type inside itself), mark (an empty type), message or value."""
    for field in descriptor.fields:
        if field.type == F.TYPE_GROUP:
            continue
        if field.message_type is None:
            yield field, "value"
        elif field.message_type.full_name in types:
            yield field, "bytes"
        elif not field.message_type.fields:
            yield field, "mark"
        else:
            yield field, "message"


def signals(descriptor, path="", many=False, types=()):
    types = types + (descriptor.full_name,)
    for field, how in fields(descriptor, types):
        inner, repeated = path + field.name, many or field.is_repeated
        if how == "message":
            yield from signals(field.message_type, inner + ".", repeated, types)
        else:
            yield inner, {"bytes": "bytes", "mark": "bool"}.get(how) or kind_of(field), repeated


def samples(message, descriptor, many, out, path="", types=()):
    types = types + (descriptor.full_name,)
    for field, how in fields(descriptor, types):
        inner = path + field.name
        if message is None:
            values, there = [], False
        elif field.is_repeated:
            values, there = list(getattr(message, field.name)), True
        else:
            there = not field.has_presence or message.HasField(field.name)
            values = [getattr(message, field.name)] if there else []
        if how == "message":
            for value in values:
                samples(value, field.message_type, many or field.is_repeated, out, inner + ".", types)
            if not values and not field.is_repeated:
                samples(None, field.message_type, many, out, inner + ".", types)
            continue
        if how == "bytes":
            entries = ["x" + v.SerializeToString(deterministic=True).hex() for v in values]
        elif how == "mark":
            entries = ["1" for _ in values]
        else:
            entries = [text(kind_of(field), v) for v in values]
        if many or field.is_repeated:
            out.setdefault(inner, []).extend(entries if field.is_repeated or entries else ["-"])
        else:
            out[inner] = entries[0] if entries else "-"


def main():
    seed, count, message_count = (int(argument) for argument in sys.argv[1:])
    totals = collections.Counter()
    for index in range(count):
        rng = random.Random(seed * 1_000 + index)
        schema = Schema(rng, index)
        visible, full = schema.variant(True), schema.variant(False)
        files = descriptor_pb2.FileDescriptorSet(file=rng.sample(visible, len(visible)))
        for file in visible:
            for message in file.message_type:
                plain(message)
        encoder, decoder = load(full, schema.root), load(visible, schema.root)
        print("schema", schema.root.lstrip("."), files.SerializeToString().hex())
        rows = []
        for _ in range(message_count):
            message = encoder()
            fill(rng, message, schema.features)
            wire = message.SerializeToString(deterministic=True)
            if not schema.is_recursive and rng.random() < 0.3:
                other = encoder()
                fill(rng, other, schema.features)
                wire += other.SerializeToString(deterministic=True)
                schema.note("joined messages")
            print("message", wire.hex() or "-")
            out = {}
            samples(decoder.FromString(wire), decoder.DESCRIPTOR, False, out)
            rows.append(out)
        for path, kind, many in signals(decoder.DESCRIPTOR):
            values = ["[" + ",".join(r.get(path, [])) + "]" if many else r.get(path, "-") for r in rows]
            print("signal", path, kind, "list" if many else "single", *values)
        print("end")
        totals.update(schema.features)
    print("features", *(f"{name.replace(' ', '_')}={n}" for name, n in sorted(totals.items())))


main()
