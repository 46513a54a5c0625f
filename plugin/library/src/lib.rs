//! The user's music library: what is in it, what goes with what, playlists, a map and a page to use it by.
//!
//! Here lives everything that is done with a collection of recordings. It knows neither the plugin's host nor its editor,
//! and the audio and inference threads have nothing to do with it. It never writes into the user's music folders.

pub mod companions;
pub mod error;
pub mod hearing;
pub mod index;
pub mod map;
pub mod partners;
pub mod playlist;
pub mod random;
pub mod serve;
pub mod similarity;
pub mod store;
pub mod track;
