"""Names of files in folders and archives: which are media, and how they are written, alike for both."""

from __future__ import annotations

import unicodedata
import zipfile

_OF_SYSTEMS = ("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini")  # what macOS and Windows add to folders and zips
_UTF8_FLAG = 0x800


def hidden(name: str) -> bool:
    """Whether a file or folder of that name is none that a person put there."""
    return name.startswith(".") or name.casefold() in _OF_SYSTEMS


def is_hidden(path: str) -> bool:
    """Whether a part of it is hidden; but "." and ".." are no hidden files, they are tricks to be named."""
    return any(hidden(part) and part not in (".", "..") for part in path.replace("\\", "/").split("/"))


def compose_accents(name: str) -> str:
    """The name with its accents in one piece (NFC): macOS takes them apart, and then the same names sort otherwise."""
    return unicodedata.normalize("NFC", name)


def name_in_zip(member: zipfile.ZipInfo) -> str:
    """Its name; macOS writes UTF-8 without saying so, and then zipfile reads it as the letters of old PCs."""
    if not member.flag_bits & _UTF8_FLAG:
        try:
            return member.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return member.filename
