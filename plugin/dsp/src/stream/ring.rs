//! Rings between two threads whose memory is there from the beginning.

use ringbuf::{
    HeapCons, HeapProd, HeapRb,
    traits::{Consumer, Producer, Split},
};

/// A ring of so many values. It is filled with `value` and emptied once: a system gives memory only when it is first
/// written, and that takes too long for the threads that use the ring.
///
/// # Allocates
#[must_use]
pub fn touched<T: Copy>(capacity: usize, value: T) -> (HeapProd<T>, HeapCons<T>) {
    let (mut producer, mut consumer) = HeapRb::new(capacity).split();
    while producer.try_push(value).is_ok() {}
    consumer.clear();
    (producer, consumer)
}
