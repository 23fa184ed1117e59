//! CMD and MAAR as state machines without I/O
