//! The connector, against servers on this machine.
