//! Frames and messages between the controller and the helper.
