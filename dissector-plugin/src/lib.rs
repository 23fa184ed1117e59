//! Wireshark plugin for RFC 8885
