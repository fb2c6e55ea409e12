//! What the fuzz targets share: requests from bytes, keys to sign them with, and a second opinion.

pub mod frames;
pub mod keys;
pub mod open;
pub mod oracle;
pub mod request;
pub mod seeds;
