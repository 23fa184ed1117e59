//! What forwarding should hold, as data
