"""Unpacks wheels as archives: unpack_wheels.py PREFIX REQUIREMENT… with the wheels in PREFIX/../wheels.

A REQUIREMENT is a line of wheels.txt. The wheel's SHA-256 must be the pinned one. Python sources are left out,
programs are made executable, what is already there is written again. Standard library only.
"""
import hashlib
import os
import re
import sys
import zipfile


def fail(message):
    sys.exit("error: " + message)


def find_wheel(folder, name, version):
    start = re.sub(r"[-_.]+", "_", name) + "-" + version + "-"
    found = [f for f in os.listdir(folder) if f.startswith(start) and f.endswith(".whl")]
    if len(found) != 1:
        fail("%d wheels named %s* in %s" % (len(found), start, folder))
    return os.path.join(folder, found[0])


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 22):
            sha.update(block)
    return sha.hexdigest()


def wanted(name):
    return not (name.endswith((".py", ".pyi", ".pyc", "/")) or name.startswith(("torchgen/", "functorch/"))
                or "libtorch_python" in name) or name == "torch/version.py"


def unpack(path, prefix):
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not wanted(entry.filename):
                continue
            target = archive.extract(entry, prefix)
            if "/bin/" in entry.filename:
                os.chmod(target, 0o755)


def main():
    prefix, lines = sys.argv[1], sys.argv[2:]
    for line in lines:
        match = re.fullmatch(r"(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})", line)
        if not match:
            fail("not a pinned requirement: " + line)
        path = find_wheel(os.path.join(prefix, "..", "wheels"), match[1], match[2])
        if digest(path) != match[3]:
            fail("%s has not the pinned SHA-256; delete it and run ./dev setup again" % path)
        unpack(path, prefix)


main()
