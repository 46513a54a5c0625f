//! Convolutions as products of matrices that lie in the input as they are: for layers whose weights are many or whose
//! channels are few.

mod down;
mod single;
mod up;

pub(super) use down::Down;
pub(super) use single::SingleUp;
pub(super) use up::Up;
