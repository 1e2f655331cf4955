"""What a MAT export of a recording must hold, by PyPI's mcap and protobuf and nothing of ours.

Protobuf messages are read through protobuf's own reflection, JSON through Python's parser. A signal is (path, kind);
its samples are one entry per message: None (absent), a value, or a list of such for a repeated one.
"""
import json
import re

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader


def messages(path):
    """(topic, channel, schema, log_time, data) in file order, up to where a recording breaks off."""
    channels, schemas = {}, {}
    with open(path, "rb") as file:
        try:
            for record in StreamReader(file).records:
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                elif isinstance(record, Message):
                    channel = channels[record.channel_id]
                    yield channel, schemas.get(channel.schema_id), record.log_time, record.data
        except Exception as error:  # the cut-off recording: what was read so far is what there is
            if type(error).__name__ not in ("EndOfFile", "RecordLengthLimitExceeded"):
                raise


def plain(message):
    """Makes maps the repeated entries that they are on the wire, so that protobuf gives them in their order."""
    message.options.ClearField("map_entry")
    for inner in message.nested_type:
        plain(inner)


def message_class(schema):
    files = descriptor_pb2.FileDescriptorSet.FromString(schema.data).file
    for file in files:
        for message in file.message_type:
            plain(message)
    pool, left = descriptor_pool.DescriptorPool(), {file.name: file for file in files}

    def add(name):
        file = left.pop(name, None)
        if file is not None:
            for dependency in file.dependency:
                add(dependency)
            pool.Add(file)

    for file in files:
        add(file.name)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))


def kind_of(field):
    kinds = {
        field.TYPE_DOUBLE: "double", field.TYPE_FLOAT: "float", field.TYPE_BOOL: "bool", field.TYPE_STRING: "string",
        field.TYPE_BYTES: "bytes", field.TYPE_ENUM: "enum",
    }
    names = {1: "int32", 2: "int64", 3: "uint32", 4: "uint64"}
    return kinds.get(field.type) or names[field.cpp_type]


def protobuf_fields(descriptor, types):
    """(field, kind): groups are left out, a type inside itself stays bytes, an empty message is a mark."""
    for field in descriptor.fields:
        if field.type == field.TYPE_GROUP:
            continue
        if field.message_type is None:
            yield field, kind_of(field)
        elif field.message_type.full_name in types:
            yield field, "bytes"
        else:
            yield field, "message" if field.message_type.fields else "bool"


def protobuf_signals(descriptor, path=(), repeated=False, types=()):
    """(path, kind, repeated) of every leaf, in the order of the fields."""
    types = types + (descriptor.full_name,)
    for field, kind in protobuf_fields(descriptor, types):
        inner, many = path + (field.name,), repeated or field.is_repeated
        if kind == "message":
            yield from protobuf_signals(field.message_type, inner, many, types)
        else:
            yield inner, kind, many


def protobuf_samples(message, descriptor, repeated, out, path=(), types=()):
    """Puts the message's values into `out`; `message` is None where nothing was sent."""
    types = types + (descriptor.full_name,)
    for field, kind in protobuf_fields(descriptor, types):
        inner = path + (field.name,)
        if message is None:
            values = []
        elif field.is_repeated:
            values = list(getattr(message, field.name))
        else:
            there = not field.has_presence or message.HasField(field.name)
            values = [getattr(message, field.name)] if there else []
        if kind == "message":
            for value in values:
                protobuf_samples(value, field.message_type, repeated or field.is_repeated, out, inner, types)
            if not values and not field.is_repeated:
                protobuf_samples(None, field.message_type, repeated, out, inner, types)
            continue
        if field.message_type is not None:
            values = [v.SerializeToString(deterministic=True) if kind == "bytes" else True for v in values]
        if repeated or field.is_repeated:
            out.setdefault(inner, []).extend(values if field.is_repeated or values else [None])
        else:
            out[inner] = values[0] if values else None


def json_samples(value, out, path=(), repeated=False):
    if isinstance(value, dict):
        for name, item in value.items():
            json_samples(item, out, path + (name,), repeated)
    elif isinstance(value, list):
        for item in value:
            json_samples(item, out, path, True)
    elif value is not None:
        kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        if repeated:
            out.setdefault((path, kind, True), []).append(value)
        else:
            out[(path, kind, False)] = value


class Topic:
    """One topic's signals: `samples[signal]` is as long as `times`."""

    def __init__(self, name):
        self.name, self.times, self.samples, self.enums, self.fractions = name, [], {}, {}, set()

    def add(self, time, values):
        for signal, value in values.items():
            if signal not in self.samples:
                self.samples[signal] = [[] if signal[2] else None] * len(self.times)
        for signal, samples in self.samples.items():
            samples.append(values.get(signal, [] if signal[2] else None))
        self.times.append(time)


def number_paths(schema, path=()):
    """Paths that a JSON schema calls "number"."""
    while "items" in schema:
        schema = schema["items"]
    types = schema.get("type")
    if "number" in (types if isinstance(types, list) else [types]):
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from number_paths(inner, path + (name,))


def topics(path, start=None, end=None, wanted=None):
    """Topics by name, names of topics that are not read, and the time of the first message of all."""
    found, skipped, classes, origin = {}, set(), {}, None
    for channel, schema, time, data in messages(path):
        origin = time if origin is None else min(origin, time)
        if (start is not None and time < start) or (end is not None and time >= end):
            continue
        if wanted is not None and not re.fullmatch(wanted, channel.topic):
            continue
        if channel.message_encoding == "protobuf":
            topic = found.setdefault(channel.topic, Topic(channel.topic))
            known = classes.get(channel.id)
            if known is None:
                kind = message_class(schema)
                known = classes[channel.id] = (kind, list(protobuf_signals(kind.DESCRIPTOR)))
            kind, signals = known
            out = {}
            protobuf_samples(kind.FromString(data), kind.DESCRIPTOR, False, out)
            topic.add(time, {s: out.get(s[0], [] if s[2] else None) for s in signals})
        elif channel.message_encoding == "json":
            topic = found.setdefault(channel.topic, Topic(channel.topic))
            if schema is not None and not topic.fractions:
                topic.fractions = set(number_paths(json.loads(schema.data)))
            out = {}
            json_samples(json.loads(data), out)
            topic.add(time, out)
        else:
            skipped.add(channel.topic)
    return found, skipped, origin
