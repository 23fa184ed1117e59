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
    8: dict(A="ack", H="home", L="lla_compat", K="key_mngt"),
    9: dict(K="key_mngt"),
    13: dict(U="unsolicited", R="response"),
    14: dict(S="assign", U="buffer", P="proxy", F="forward"),
    15: dict(U="buffer", P="proxy", F="forward"),
    16: dict(P="proxy", V="ipv4_hoa", G="global_revocation"),
    18: dict(U="unsolicited"),
    19: dict(A="ack", D="retransmit"),
    21: dict(A="ack"),
    23: dict(I="info"),
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
        kind = int(info.type)
        said = {"type": kind, "checksum": info.chksum.hex(), **MESSAGES[kind](info)}
        if kind in FLAGS:
            said["flags"] = flags(info, **FLAGS[kind])
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
    if kind in OPTIONS:
        said.update(OPTIONS[kind](info))
    elif isinstance(getattr(info, "data", None), bytes):
        said["data"] = info.data.hex()
    return said


def flags(info, **names):
    return [letter for letter, name in names.items() if getattr(info, name)]


def units(time):
    """A lifetime in the wire's unit; not whole if PyPCAPKit has another."""
    return number(time.total_seconds() / 4)


def number(value):
    return int(value) if value == int(value) else value


def address(value):
    """The octets of an address that an option may lack."""
    return value.packed.hex() if value is not None else ""


# What PyPCAPKit takes apart: where the table keeps octets, and sub-options, whose pieces have other names there. Not compared.
PIECES = {"pieces": True}

# The fields of each message under the names of our table.
MESSAGES = {
    0: lambda info: {},
    1: lambda info: {"cookie": int.from_bytes(info.cookie, "big")},
    2: lambda info: {"cookie": int.from_bytes(info.cookie, "big")},
    3: lambda info: {"nonce_index": info.nonce_index, "cookie": int.from_bytes(info.cookie, "big"),
                     "token": int.from_bytes(info.token, "big")},
    4: lambda info: {"nonce_index": info.nonce_index, "cookie": int.from_bytes(info.cookie, "big"),
                     "token": int.from_bytes(info.token, "big")},
    5: lambda info: {"seq": info.seq, "lifetime": units(info.lifetime)},
    6: lambda info: {"status": int(info.status), "seq": info.seq, "lifetime": units(info.lifetime)},
    7: lambda info: {"status": int(info.status), "home_address": str(info.home)},
    8: lambda info: {"seq": info.seq, "lifetime": units(info.lifetime)},
    9: lambda info: {"status": int(info.status), "seq": info.seq, "lifetime": units(info.lifetime)},
    10: lambda info: {},
    11: lambda info: {"data": info.data.hex()},
    12: lambda info: {"address_count": len(info.addresses),
                      "addresses": "".join(address.packed.hex() for address in info.addresses)},
    13: lambda info: {"seq": info.seq},
    14: lambda info: {"seq": info.seq, "code": int(info.code)},
    15: lambda info: {"seq": info.seq, "code": int(info.code)},
    16: lambda info: {"br_type": int(info.br_type), "trigger_or_status": int(info.code), "seq": info.seq},
    17: lambda info: {"seq": info.seq, "seconds": number(info.lifetime.total_seconds())},
    18: lambda info: {"seq": info.seq, "status": int(info.status), "seconds": number(info.lifetime.total_seconds())},
    19: lambda info: {"seq": info.seq, "reason": int(info.reason)},
    20: lambda info: {"seq": info.seq, "status": int(info.status)},
    21: lambda info: {"fb_type": int(info.fb_type), "seq": info.seq, "trigger_or_status": int(info.code)},
    22: lambda info: {"sequence": info.seq},
    23: lambda info: {"sequence": info.seq},
}


# The fields of each option, likewise. Where the table has one octet for several parts, they are put together again.
OPTIONS = {
    2: lambda info: {"interval": units(info.interval)},
    3: lambda info: {"address": str(info.address)},
    4: lambda info: {"home": info.home, "care_of": info.careof},
    6: lambda info: {"prefix_length": info.prefix.prefixlen, "prefix": str(info.prefix.network_address)},
    7: lambda info: {"code": int(info.code), "address": info.lla.hex()},
    8: lambda info: {"subtype": int(info.subtype), "identifier": octets_of(info.identifier).hex()},
    9: lambda info: {"subtype": int(info.subtype), "spi": info.spi, "data": info.data.hex()},
    10: lambda info: {"ntp": info.ntp_timestamp.seconds << 32 | info.ntp_timestamp.fraction},
    11: lambda info: {},
    12: lambda info: {"data": PIECES},
    13: lambda info: {"data": info.signature.hex()},
    14: lambda info: {"data": info.token.hex()},
    15: lambda info: {},
    16: lambda info: {"token": int.from_bytes(info.token, "big")},
    17: lambda info: {"status": int(info.status), "flags": flags(info, R="remove"), "identity": info.identity.hex()},
    19: lambda info: {"vendor": int(info.vendor), "subtype": int(info.subtype), "data": info.data.hex()},
    20: lambda info: {"identifier": octets_of(info.identifier).hex()},
    21: lambda info: {"spi": info.spi, "authenticator": info.data.hex()},
    22: lambda info: prefix(info),
    23: lambda info: {"handoff": int(info.hi)},
    24: lambda info: {"technology": int(info.att)},
    25: lambda info: {"address": info.lli.hex()},
    26: lambda info: {"address": str(info.address)},
    27: lambda info: {"timestamp": (info.pmip_timestamp.seconds << 16) | info.pmip_timestamp.fraction},
    28: lambda info: {"counter": info.counter},
    29: lambda info: {"prefix_and_flags": int(info.prefix_length) << 2 | info.request_prefix << 1,
                      "address": str(info.address)},
    30: lambda info: {"status": int(info.status), "prefix_bits": int(info.prefix_length) << 2,
                      "address": str(info.address)},
    31: lambda info: {"flags": flags(info, F="force"), "refresh_time": number(info.refresh.total_seconds())},
    32: lambda info: {"address": str(info.address)},
    33: lambda info: {"key": "" if info.key is None else int(info.key).to_bytes(4, "big").hex()},
    34: lambda info: {"code": int(info.code), "prefix_length": int(info.prefix_length), "address": str(info.address)},
    35: lambda info: {"id": info.bid, "status": int(info.status), "priority": info.simultaneous << 7 | info.bid_pri,
                      "care_of": address(info.address)},
    36: lambda info: {"prefix_bits": int(info.prefix_length) << 2, "address": str(info.address)},
    37: lambda info: {"status": int(info.status), "prefix_bits": int(info.prefix_length) << 2,
                      "address": str(info.address)},
    38: lambda info: {"address": str(info.address)},
    39: lambda info: {"flags": flags(info, S="mode")},
    40: lambda info: {"sub_options": PIECES},
    41: lambda info: {"code": int(info.code), "address": address(info.address)},
    42: lambda info: {"identifier": int.from_bytes(info.iid, "big")},
    43: lambda info: {"flags": flags(info, L="late"), "tenths": number(round(info.lifetime.total_seconds() * 10, 3))},
    44: lambda info: {"first": info.fid[0], "others": "".join(f"{fid:04x}" for fid in info.fid[1:])},
    45: lambda info: {"id": info.fid, "priority": info.fid_pri, "status": int(info.status), "sub_options": PIECES},
    46: lambda info: {},
    47: lambda info: {"flags": flags(info, K="ipv6", N="ipv4"),
                      "address": address(info.ipv6 if info.ipv6 is not None else info.ipv4)},
    48: lambda info: {"priority": info.priority, "sessions": info.sessions_in_use, "max_sessions": info.max_sessions,
                      "capacity": info.used_capacity, "max_capacity": info.max_capacity},
    49: lambda info: {"address": str(info.address)},
    50: lambda info: {"subtype": int(info.subtype), "group": info.group_id},
    51: lambda info: {"address_length": int(info.address_length), "address": str(info.address)},
    52: lambda info: {"sub_options": PIECES},
    53: lambda info: {"flags": flags(info, M="mode"), "sub_options": PIECES},
    54: lambda info: {"protocol": int(info.protocol), "flags": flags(info, M="mode"), "record_count": info.records,
                      "records": info.data.hex()},
    55: lambda info: {"flags": flags(info, V="ipv4"), "prefix_length": int(info.prefix_length),
                      "prefix": address(info.prefix)},
    56: lambda info: {"protocol": int(info.igmp_type), "context": info.context.hex()},
    57: lambda info: {"protocol": int(info.mld_type), "context": info.context.hex()},
    58: lambda info: {"request": info.sr_id, "traffic_class": int(info.dscp) << 2, "operation": int(info.oc),
                      "sub_options": PIECES},
    59: lambda info: {"address": address(info.address)},
    62: lambda info: {"sub_options": PIECES},
    63: lambda info: {"technology": int(info.att), "label": info.label, "id": info.bid,
                      "flags": flags(info, B="bulk", O="overwrite")},
    64: lambda info: {"subtype": int(info.subtype), "identifier": octets_of(info.identifier).hex()},
    65: lambda info: prefix(info),
    66: lambda info: prefix(info),
    67: lambda info: {"maar": str(info.maar), **prefix(info)},
    68: lambda info: {"address": str(info.address)},
    69: lambda info: {"address": str(info.address)},
    70: lambda info: {"address": info.lla.hex()},
}


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
