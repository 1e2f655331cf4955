"""show_meta.py MAT: the variable `meta` as JSON, by scipy."""
import json
import sys

import scipy.io


def plain(value):
    # A structure without fields.
    if value is None:
        return {}
    if value.dtype.names is not None:
        return {name: plain(value[0, 0][name]) for name in value.dtype.names}
    if value.dtype == object:
        return [plain(item) for item in value.ravel()]
    if value.dtype.kind == "U":
        return "".join(value.ravel().tolist())
    return value.ravel().tolist()


json.dump(plain(scipy.io.loadmat(sys.argv[1])["meta"]), sys.stdout)
