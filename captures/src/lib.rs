//! Captures in and annotated pcapng out, and the collection of captures of this project
