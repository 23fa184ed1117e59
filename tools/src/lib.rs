//! The dmm command
