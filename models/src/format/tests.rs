#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

use super::*;
use crate::mash::MashNetwork;

const SHIPPED: &[u8] = include_bytes!("../../weights/mash.safetensors");

/// A weight file taken apart: tensors `(type, shape, bytes)` and the metadata.
struct Parts {
    tensors: HashMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
    facts: serde_json::Value,
}

impl Parts {
    fn shipped() -> Self {
        let (_, header) = SafeTensors::read_metadata(SHIPPED).unwrap();
        let facts = serde_json::from_str(&header.metadata().as_ref().unwrap()[KEY]).unwrap();
        let file = SafeTensors::deserialize(SHIPPED).unwrap();
        let parts = |view: TensorView| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        Self { tensors: file.tensors().into_iter().map(|(name, view)| (name, parts(view))).collect(), facts }
    }

    fn bytes(&self) -> Vec<u8> {
        let views = self
            .tensors
            .iter()
            .map(|(name, (dtype, shape, data))| (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
        serialize(views, Some(HashMap::from([(KEY.to_owned(), self.facts.to_string())]))).unwrap()
    }
}

/// The shipped file with one change.
fn changed(change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut parts = Parts::shipped();
    change(&mut parts);
    parts.bytes()
}

fn with_fact(pointer: &str, value: serde_json::Value) -> Vec<u8> {
    changed(|parts| *parts.facts.pointer_mut(pointer).unwrap() = value)
}

fn refusal_of(bytes: &[u8]) -> String {
    MashNetwork::from_bytes(bytes).map(|_| "accepted").unwrap_err().to_string()
}

#[test]
fn a_rewritten_file_is_accepted() {
    assert!(MashNetwork::from_bytes(&changed(|_| ())).is_ok());
}

#[test]
fn wrong_files_are_refused_with_the_reason() {
    let not_ours = serialize(Vec::<(&str, TensorView)>::new(), None).unwrap();
    let lead = "lead.weight";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("cut short", Vec::new()),
        ("cut short", SHIPPED[..5].to_vec()),
        ("cut short", SHIPPED[..100].to_vec()),
        ("cut short", SHIPPED[..SHIPPED.len() - 1].to_vec()),
        ("bytes left over", [SHIPPED, &[0]].concat()),
        ("not a weight file", b"RIFF\x24\0\0\0WAVEfmt and so on".to_vec()),
        ("not a weight file", [&4_u64.to_le_bytes()[..], b"nope"].concat()),
        ("not made for Songweave", not_ours),
        ("cannot be read", changed(|parts| parts.facts = "text".into())),
        ("has format 2", with_fact("/format", 2.into())),
        ("holds a `band` network", with_fact("/kind", "band".into())),
        ("ascending band centres", with_fact("/bands_hz/3", 1.0.into())),
        ("its parts are", with_fact("/parts/0", "choir".into())),
        ("hears 5 features", with_fact("/features", 5.into())),
        ("looks 3 hops ahead", with_fact("/lookahead_hops", 3.into())),
        ("architecture cannot be read", with_fact("/architecture/heads", "many".into())),
        ("outside 1 to 4096", with_fact("/architecture/window", 0.into())),
        ("outside 1 to 4096", with_fact("/architecture/every", u64::MAX.into())),
        ("wider than 4096", with_fact("/architecture/heads", 4096.into())),
        ("has the shape", with_fact("/architecture/hidden", 128.into())),
        ("lacks the tensor `lead.weight`", changed(|parts| drop(parts.tensors.remove(lead)))),
        (
            "a tensor `more` that its network",
            changed(|parts| {
                let tensor = parts.tensors[lead].clone();
                parts.tensors.insert("more".into(), tensor);
            }),
        ),
        ("has the shape [512, 4], [4, 512]", changed(|parts| parts.tensors.get_mut(lead).unwrap().1.reverse())),
        ("is stored as BF16", changed(|parts| parts.tensors.get_mut(lead).unwrap().0 = Dtype::BF16)),
        ("contains NaN", changed(|parts| parts.tensors.get_mut(lead).unwrap().2[1] = 0x7e)),
        (
            "contains NaN or infinity",
            changed(|parts| {
                parts.tensors.get_mut(lead).unwrap().2[..2].copy_from_slice(&[0x00, 0x7c]);
            }),
        ),
    ];
    for (reason, bytes) in cases {
        let refusal = refusal_of(&bytes);
        assert!(refusal.contains(reason), "expected {reason:?}, got {refusal:?}");
        assert!(!refusal.contains('\n'), "more than a sentence: {refusal:?}");
    }
}

#[test]
fn the_digest_is_sha_256() {
    assert_eq!(digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(MashNetwork::embedded().unwrap().digest(), digest(SHIPPED));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_headers_never_panic(places in prop::collection::vec((0usize..4_000, any::<u8>()), 1..8)) {
        let mut bytes = SHIPPED.to_vec();
        places.into_iter().for_each(|(place, value)| bytes[place] = value);
        drop(MashNetwork::from_bytes(&bytes));
    }
}
