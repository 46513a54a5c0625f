#![allow(clippy::unwrap_used)]

use std::ptr::{null, null_mut};

use proptest::prelude::*;
use songweave_abi::{NetworkId, Shape, Status, Table, Text, VERSION, Values};
use songweave_models::{chords, groove};

use crate::songweave_device_open;

const UNTOLD: Text = Text { place: null_mut(), room: 0 };

fn table() -> &'static Table {
    // SAFETY: there is no room for a sentence, which is allowed.
    unsafe { songweave_device_open(VERSION, UNTOLD).as_ref() }.unwrap()
}

fn load(kind: &std::ffi::CStr, weights: &[u8]) -> (Status, NetworkId) {
    let mut network = 0;
    // SAFETY: everything lives until the call returns.
    let status = unsafe { (table().load)(kind.as_ptr(), weights.as_ptr(), weights.len(), &raw mut network, UNTOLD) };
    (status, network)
}

fn shape(network: NetworkId, map: usize) -> Shape {
    let mut shape = Shape::default();
    // SAFETY: the place can be written to.
    assert_eq!(unsafe { (table().shape)(network, map, &raw mut shape) }, Status::DONE);
    shape
}

#[test]
fn another_version_is_refused_with_a_sentence_that_fits() {
    for room in [0, 1, 10, 200] {
        let mut place = vec![b'#'; room + 1];
        let text = Text { place: place.as_mut_ptr().cast(), room };
        // SAFETY: the room is as said.
        assert!(unsafe { songweave_device_open(VERSION + 1, text) }.is_null());
        assert_eq!(place[room], b'#', "written beyond {room} bytes");
        let end = place.iter().position(|byte| *byte == 0);
        assert!(room == 0 || end.is_some_and(|end| end < room), "no zero within {room} bytes");
        assert!(room < 200 || place.starts_with(b"It speaks version 1 of the interface, Songweave version 2."));
    }
}

#[test]
fn what_is_null_or_unknown_is_a_status() {
    let (status, network) = load(c"groove", groove::EMBEDDED);
    assert_eq!(status, Status::DONE);
    let table = table();
    // SAFETY: what is not null lives.
    unsafe {
        assert_eq!((table.load)(null(), groove::EMBEDDED.as_ptr(), 9, &mut 0, UNTOLD), Status::MISFIT);
        assert_eq!((table.load)(c"groove".as_ptr(), null(), 9, &mut 0, UNTOLD), Status::MISFIT);
        assert_eq!((table.load)(c"groove".as_ptr(), groove::EMBEDDED.as_ptr(), 9, null_mut(), UNTOLD), Status::MISFIT);
        assert_eq!((table.maps)(network, null_mut()), Status::MISFIT);
        assert_eq!((table.shape)(network, 0, null_mut()), Status::MISFIT);
        assert_eq!((table.shape)(network, 2, &mut Shape::default()), Status::NO_SUCH_NETWORK);
        assert_eq!((table.forward)(network, 0, null(), UNTOLD), Status::MISFIT);
        assert_eq!((table.loaded)(null_mut()), Status::MISFIT);
        assert_eq!((table.device)(UNTOLD), Status::DONE);
        assert_eq!((table.free)(network), Status::DONE);
        for gone in [network, 0, NetworkId::MAX] {
            assert_eq!((table.free)(gone), Status::NO_SUCH_NETWORK);
            assert_eq!((table.reset)(gone), Status::NO_SUCH_NETWORK);
            assert_eq!((table.maps)(gone, &mut 0), Status::NO_SUCH_NETWORK);
        }
    }
    assert_eq!(load(c"clarinet", groove::EMBEDDED).0, Status::REFUSED);
    assert_eq!(load(c"chords", groove::EMBEDDED).0, Status::REFUSED);
}

proptest! {
    /// Whatever lengths, sizes and numbers are said: an answer to what fits, a status and an untouched output to the rest.
    #[test]
    fn any_call_is_answered(
        batch in prop_oneof![0_usize..4, Just(usize::MAX)],
        time in prop_oneof![0_usize..4, Just(usize::MAX / 2)],
        short in prop_oneof![8 => Just(0_usize), 1 => 1_usize..3],
        narrow in prop_oneof![8 => Just(0_usize), 1 => 1_usize..3],
        map in 0_usize..3,
        odd in prop_oneof![8 => Just(0.5_f32), 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)],
        remembers in any::<bool>(),
    ) {
        let (_, network) = load(c"groove", groove::EMBEDDED);
        let known = map < 2;
        let Shape { inputs, outputs } = shape(network, map.min(1));
        let room = |numbers: usize| batch.min(4) * time.min(4) * numbers;
        let (mut input, mut output) = (vec![0.25; room(inputs).saturating_sub(short)], vec![9.0; room(outputs).saturating_sub(narrow)]);
        if let Some(first) = input.first_mut() {
            *first = odd;
        }
        let values = Values {
            batch,
            time,
            input: input.as_ptr(),
            input_length: input.len(),
            output: output.as_mut_ptr(),
            output_length: output.len(),
        };
        let call = if remembers { table().step } else { table().forward };
        // SAFETY: the lengths are those of the slices.
        let status = unsafe { call(network, map, &raw const values, UNTOLD) };
        let fits = batch < 4 && time < 4 && batch * time > 0 && short == 0 && narrow == 0;
        let wanted = match (known, fits, odd.is_finite()) {
            (false, ..) => Status::NO_SUCH_NETWORK,
            (_, false, _) => Status::MISFIT,
            (.., false) => Status::NOT_FINITE,
            _ => Status::DONE,
        };
        prop_assert_eq!(status, wanted);
        let written = output.iter().any(|number| *number != 9.0);
        prop_assert_eq!(written, status == Status::DONE);
        // SAFETY: nothing is pointed to.
        prop_assert_eq!(unsafe { (table().free)(network) }, Status::DONE);
    }

    /// A weight file with any byte changed is refused, or computes numbers; it brings nobody down.
    #[test]
    fn any_weight_file_is_answered(place in 0_usize..100_000, byte in any::<u8>(), end in 0_usize..1_000_000) {
        let mut file = chords::EMBEDDED.to_vec();
        let place = place % file.len();
        file[place] = byte;
        file.truncate(end.max(100));
        let (status, network) = load(c"chords", &file);
        prop_assert!([Status::DONE, Status::REFUSED].contains(&status));
        if status == Status::DONE {
            // SAFETY: nothing is pointed to.
            unsafe { (table().free)(network) };
        }
    }
}
