//! On systems for which nobody has written a window yet: a sentence.

use crate::HostError;

/// A window that cannot be opened.
pub struct HostWindow(std::convert::Infallible);

impl HostWindow {
    /// Says that there is no window.
    ///
    /// # Errors
    /// Always.
    pub fn open(_width: u16, _height: u16) -> Result<Self, HostError> {
        Err(HostError::Display("on this system editors can be opened by real hosts only".to_owned()))
    }

    /// Never called.
    #[must_use]
    pub fn id(&self) -> usize {
        match self.0 {}
    }

    /// Never called.
    pub fn idle(&self) {
        match self.0 {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn resize(&mut self, _width: u16, _height: u16) -> Result<(), HostError> {
        match self.0 {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn click(&self, _x: i16, _y: i16) -> Result<(), HostError> {
        match self.0 {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn picture(&self) -> Result<(u32, u32, Vec<u8>), HostError> {
        match self.0 {}
    }
}
