#!/usr/bin/env python3
"""Says what PyPCAPKit, a decoder that is not ours, reads in the Mobility Headers of a pcapng.

    python3.11 -m venv oracle && oracle/bin/pip install --pre pypcapkit==1.5.0b14
    oracle/bin/python tools/oracle/pypcapkit.py capture.pcapng

Prints one JSON object per Mobility Header, padding left out, and exits with 1 if PyPCAPKit could not decode one of them
(its object then has `error`), with 2 if the file is no pcapng. Finding Mobility Headers is done here, in a few lines
for Ethernet, raw IP and IPv6 in IPv6; every octet behind the Next Header 135 is read by PyPCAPKit alone.

It was written against the pre-release named above. Where PyPCAPKit
differs from a receiver that conforms, and what is done about it:

* The lengths that it shows count Type and Length (options) or the whole header (Header Len). `length` here is the
  Length octet again.
* It refuses a message that has one option of a wrong length or with a prefix longer than 128, where RFC 8885 §4.1 says
  to skip that option: expect `error` for captures that are wrong on purpose.
* It shows prefixes with the bits past their length, which a receiver must ignore (RFC 8885 §4.3). Compare with the
  prefix after those bits are cleared; `prefix` here has them cleared, `prefix_octets` has them as they came.
* It fails on time stamps after the year 9999, and shows them rounded to microseconds; `timestamp` here is put together
  from the seconds and fractions that it keeps beside that.
* It does not verify checksums; `checksum` is the field as it came, and `checksum_right` is summed here.
"""

import io
import ipaddress
import json
import struct
import sys
import warnings

from pcapkit.protocols.internet.mh import MH

# One letter per flag, in the words of PyPCAPKit, from the most significant bit.
FLAGS = {
    5: dict(A="ack", H="home", L="lla_compat", K="key_mngt", M="map_reg", R="mobile_router", P="proxy_reg",
            F="udp_encap", T="tlv_format", B="bulk_binding", S="multicast", D="dmm"),
    6: dict(K="key_mngt", R="mobile_router", P="proxy_reg", T="tlv_format", B="bulk_binding", S="multicast", D="dmm"),
}
PADDING = (0, 1)
MOBILITY_HEADER = 135


def main(path):
    with open(path, "rb") as file:
        octets = file.read()
    failed = False
    try:
        for number, link_type, packet in frames(octets):
            for src, dst, header in mobility_headers(link_type, packet):
                said = {"frame": number, "src": src, "dst": dst, **message(header)}
                said["checksum_right"] = checksum(src, dst, header) == 0
                failed |= "error" in said
                print(json.dumps(said))
    except (ValueError, struct.error) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    return int(failed)


def message(header):
    """What PyPCAPKit says about one Mobility Header."""
    try:
        info = MH(io.BytesIO(header), len(header), extension=False).info
        said = {"type": int(info.type), "checksum": info.chksum.hex()}
        for name in ("status", "seq"):
            if hasattr(info, name):
                said[name] = int(getattr(info, name))
        if said["type"] in FLAGS:
            said["flags"] = [letter for letter, name in FLAGS[said["type"]].items() if getattr(info, name)]
            said["lifetime"] = int(info.lifetime.total_seconds()) // 4
        if hasattr(info, "options"):
            all_options = info.options.items(multi=True)
            said["options"] = [option(option_) for _, option_ in all_options if int(option_.type) not in PADDING]
        return said
    except Exception as error:  # whatever it raises, it did not decode the message
        return {"type": header[2] if len(header) > 2 else None, "error": f"{type(error).__name__}: {error}"}


def option(info):
    """Type, Length and fields of one option, under the names of our option table."""
    kind = int(info.type)
    said = {"type": kind, "length": int(info.length) - 2}
    if kind == 8:
        said["subtype"] = int(info.subtype)
        said["identifier"] = octets_of(info.identifier).hex()
    elif kind in (22, 65, 66):
        said.update(prefix(info))
    elif kind == 67:
        said["maar"] = str(info.maar)
        said.update(prefix(info))
    elif kind == 23:
        said["handoff"] = int(info.hi)
    elif kind == 24:
        said["technology"] = int(info.att)
    elif kind in (26, 68, 69):
        said["address"] = str(info.address)
    elif kind == 25:
        said["address"] = info.lli.hex()
    elif kind == 70:
        said["address"] = info.lla.hex()
    elif kind == 27:
        said["timestamp"] = (info.pmip_timestamp.seconds << 16) | info.pmip_timestamp.fraction
    elif isinstance(getattr(info, "data", None), bytes):
        said["data"] = info.data.hex()
    return said


def prefix(info):
    network = ipaddress.ip_network((info.prefix.packed, int(info.prefix_length)), strict=False)
    said = {"prefix_length": int(info.prefix_length), "prefix": str(network.network_address)}
    return {**said, "prefix_octets": info.prefix.packed.hex()}


def checksum(src, dst, header):
    """RFC 6275 6.1.1: over the pseudo-header and all octets, the checksum field included; 0 if it is right."""
    addresses = ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed
    octets = addresses + struct.pack(">IxxxB", len(header), MOBILITY_HEADER) + header + b"\0" * (len(header) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def octets_of(identifier):
    if isinstance(identifier, str):
        return identifier.encode()
    return bytes(getattr(identifier, "packed", identifier))


def mobility_headers(link_type, packet):
    """Source, destination and octets of each Mobility Header of a frame, those in tunnels included."""
    if link_type == 1:
        if packet[12:14] != b"\x86\xdd":
            return
        packet = packet[14:]
    elif link_type not in (101, 229):
        raise ValueError(f"link type {link_type}: only Ethernet (1) and raw IP (101, 229) are read")
    while len(packet) >= 40 and packet[0] >> 4 == 6:
        src, dst = (str(ipaddress.IPv6Address(packet[at : at + 16])) for at in (8, 24))
        next_header, payload = packet[6], packet[40 : 40 + int.from_bytes(packet[4:6], "big")]
        while next_header in (0, 43, 60) and len(payload) >= 8:
            next_header, payload = payload[0], payload[(payload[1] + 1) * 8 :]
        if next_header == MOBILITY_HEADER:
            yield src, dst, payload
        packet = payload if next_header == 41 else b""


def frames(octets):
    """Number from 1, link type and octets of each packet of a pcapng."""
    if octets[:4] != b"\x0a\x0d\x0d\x0a":
        raise ValueError("not a pcapng")
    order, links, number = "<", [], 0
    while octets:
        if octets[:4] == b"\x0a\x0d\x0d\x0a":
            order, links = (">" if octets[8:12] == b"\x1a\x2b\x3c\x4d" else "<"), []
        kind, length = struct.unpack_from(order + "II", octets)
        if length < 12 or length > len(octets):
            raise ValueError("a block that does not fit")
        body, octets = octets[8 : length - 4], octets[length:]
        if kind == 1:
            links.append(struct.unpack_from(order + "H", body)[0])
        elif kind == 6:
            number += 1
            interface, _, _, captured, _ = struct.unpack_from(order + "IIIII", body)
            yield number, links[interface], body[20 : 20 + captured]
        elif kind == 3:
            number += 1
            yield number, links[0], body[4 : 4 + struct.unpack_from(order + "I", body)[0]]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pypcapkit.py CAPTURE.pcapng")
    warnings.simplefilter("ignore")
    sys.exit(main(sys.argv[1]))
