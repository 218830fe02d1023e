"""Takes an export apart and puts it together again, changed: by somebody without the office's key, or with it."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

from itinerant.log import notes
from server.exports.archive import ArchiveWriter


def stored(name):
    """Whether the office's writer puts a member into the ZIP as it is."""
    return name.startswith(("tile/", "manifest.")) or name.endswith((".parquet", ".xlsx"))


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Copy:
    """An export's members by name, in order."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}

    # Lines of a member, without their ends.

    def lines(self, name):
        return self.members[name].split(b"\n")[:-1]

    def put_lines(self, name, lines):
        self.members[name] = b"".join(line + b"\n" for line in lines)

    def edit(self, name, row, change):
        """Change one line (rows from 0) of a member."""
        lines = self.lines(name)
        lines[row] = change(lines[row])
        self.put_lines(name, lines)

    def edit_json(self, name, row, **values):
        self.edit(name, row, lambda line: canonical({**json.loads(line), **values}))

    def find(self, name, text):
        """The row (from 0) of the first line that holds `text`."""
        return next(row for row, line in enumerate(self.lines(name)) if text in line)

    @property
    def manifest(self):
        return json.loads(self.members["manifest.json"])

    def edit_manifest(self, **values):
        self.members["manifest.json"] = canonical({**self.manifest, **values})

    # Putting it together.

    def list_files(self):
        """Make the manifest's list of files and counts fit what the members are now, as far as a forger would."""
        written = {member.name: member for member in self._write(io.BytesIO())}
        manifest = self.manifest
        for item in manifest["files"]:
            member = written.get(item["name"])
            if member is not None:
                item.update(bytes=member.size, sha256=member.sha256, packed=member.packed_sha256)
                if item["rows"]:
                    item["rows"] = len(self.lines(item["name"])) - item["name"].endswith(".csv")
        kinds = {kind: len(self.lines(f"records/{kind}.csv")) - 1 for kind in manifest["counts"]["records"]}
        for name in ("changes", "conflicts", "devices", "heads", "quarantine"):
            manifest["counts"][name] = len(self.lines(f"{name}.jsonl"))
        manifest["counts"]["records"] = kinds
        if "dictionary.csv" in self.members:
            manifest["schema"] = hashlib.sha256(self.members["dictionary.csv"]).hexdigest()
        self.members["manifest.json"] = canonical(manifest)

    def seal(self, key):
        """Sign the manifest again, with this private key."""
        manifest = self.manifest
        digest = hashlib.sha256(self.members["manifest.json"]).hexdigest()
        text = f"{manifest['format']}\n{manifest['origin']}\n{manifest['first']} {manifest['size']}\nsha256 {digest}\n"
        self.members["manifest.note"] = notes.sign(text, manifest["origin"], key).encode()

    def reseal(self, key):
        """What somebody with the office's key can do to cover a change of the members."""
        self.list_files()
        self.seal(key)

    def write(self, path):
        with Path(path).open("w+b") as file:
            self._write(file)
        return Path(path)

    def _write(self, file):
        writer = ArchiveWriter(file)
        members = [writer.add(name, [data], stored=stored(name)) for name, data in self.members.items()]
        writer.finish()
        return members
