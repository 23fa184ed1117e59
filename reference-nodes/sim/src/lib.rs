//! Hosts, links and virtual time
