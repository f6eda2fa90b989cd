//! Cutline
