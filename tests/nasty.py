"""What has broken other programs, or might break this one."""

from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
# Texts that look like something else, or cannot be stored.
NASTY_TEXTS = [
    "",
    "\0",
    "a\0b",
    "\ud800",
    "🎟️" * 40,
    "é\u0301\u202e\u200b\ufeff",
    "' OR 1=1 --",
    "%s%d{0}{x.__class__}",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\r\nSet-Cookie: a=b",
    "9" * 400,
    "1e400",
    "NaN",
    "٣٤٥",
    "2026-02-30",
    "0001-01-01T00:00:00+14:00",
    "[" * 50,
    "a" * 100_000,
]
NASTY_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63,
    2**64,
    10**400,
    1e308,
    0.1,
    [],
    {},
    [[[[]]]],
    {"a": {"a": {"a": []}}},
    list(range(2000)),
    *NASTY_TEXTS,
]
NASTY_BODIES = [
    b"",
    b" ",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b"NaN",
    b'{"seriesId": NaN}',
    b'{"seriesId": Infinity}',
    b'{"seriesId": 1e400}',
    b'{"seriesId": 1, "seriesId": 2}',
    b"{'seriesId': 1}",
    b'{"seriesId": 1,}',
    b'{"a": "\xff\xfe"}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"a": "\\ud800"}',
    b'{"\\u0000": 1}',
    b'{"a\\u0000": {"b": "\\u0000"}}',
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b'{"a": "' + b"x" * 200_000 + b'"}',
    b'{"a": ' + b"9" * 5_000 + b"}",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"a=1&b=2",
    b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
]
CONTENT_TYPES = [
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=nothing",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 300,
    "multipart/mixed",
    "*/*",
    "",
    "a/b; c=\x01",
]
