#![allow(clippy::unwrap_used)]
use std::{fs, sync::Arc};

use super::{
    factory, file,
    folder::{EXTENSION, Folder},
    *,
};
use crate::{params::SongweaveParams, shared::Shared};

fn params() -> SongweaveParams {
    SongweaveParams::new(Arc::new(Shared::without_network()))
}

/// A folder that is not there yet, and goes with the test.
struct Place(Folder);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("songweave-presets-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        Self(Folder::new(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(self.0.path());
    }
}

fn values(vocals: f32) -> Values {
    Values::from([("vocals".to_owned(), vocals), ("style".to_owned(), 3.0)])
}

#[test]
fn every_factory_preset_names_parameters_and_values_that_there_are_and_is_none_of_the_others() {
    let params = params();
    for (index, preset) in factory::ALL.iter().enumerate() {
        assert!(preset.is_sound(&params), "{}", preset.name);
        let others = factory::ALL[..index].iter().filter(|other| other.scope == preset.scope);
        for other in others {
            assert!(other.name != preset.name && other.values(&params) != preset.values(&params), "{}", preset.name);
        }
    }
    let styles = |name: &str| factory::ALL.iter().filter(|preset| preset.name.starts_with(name)).count();
    assert!(["Ballad", "Pop", "Rock", "Funk", "Latin", "Swing"].map(styles).iter().all(|count| *count >= 2));
}

#[test]
fn factory_presets_change_nothing_beyond_their_mode() {
    let params = params();
    for preset in factory::ALL {
        let values = preset.values(&params);
        assert_eq!(values["mode"], if preset.scope == Scope::Mash { 0.0 } else { 1.0 }, "{}", preset.name);
        for id in ["mix", "output", "bypass", "quality", "device", "lookahead", "freeze", "delta", "solo"] {
            assert!(!values.contains_key(id), "{} changes {id}", preset.name);
        }
        assert_eq!(values.contains_key("vocals"), preset.scope == Scope::Mash, "{}", preset.name);
        assert_eq!(values.contains_key("style"), preset.scope == Scope::Band, "{}", preset.name);
        assert_eq!(values.contains_key("tune_amount"), preset.scope == Scope::Tune, "{}", preset.name);
    }
}

#[test]
fn a_preset_of_the_users_is_saved_listed_loaded_renamed_and_deleted() {
    let (place, params) = (Place::new("all"), params());
    let folder = &place.0;
    assert_eq!(folder.list(), (vec![], vec![]), "no folder, no presets, no complaint");
    let entry = folder.save("  My mash: A/B?  ", &values(0.1)).unwrap();
    assert_eq!(entry.name, "My mash: A/B?");
    assert_eq!(folder.list(), (vec![entry.clone()], vec![]));
    let read = folder.load(&entry.path, &params).unwrap();
    assert_eq!((read.name, read.values, read.notice), (entry.name.clone(), values(0.1), None));
    fs::write(entry.path.with_extension("part"), b"half a preset, left by a crash").unwrap();
    folder.save_over(&entry, &values(0.7)).unwrap();
    let renamed = folder.rename(&entry, "Other").unwrap();
    assert_eq!(folder.list().0, std::slice::from_ref(&renamed));
    assert_eq!(folder.load(&renamed.path, &params).unwrap().values, values(0.7));
    folder.delete(&renamed).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left lying about");
}

#[test]
fn no_preset_is_written_over_by_another_of_the_same_name() {
    let place = Place::new("same");
    let folder = &place.0;
    let first = folder.save("One", &values(0.1)).unwrap();
    let second = folder.save("Two", &values(0.2)).unwrap();
    for name in ["One", "one", "ONE "] {
        assert!(folder.save(name, &values(0.9)).unwrap_err().contains("already"), "{name}");
        assert!(folder.rename(&second, name).unwrap_err().contains("already"), "{name}");
    }
    // Another name, but the same file.
    fs::write(&first.path, file::write("Something else", &values(0.1))).unwrap();
    assert!(folder.save("One", &values(0.9)).unwrap_err().contains("already"));
    assert_eq!(folder.list().0.len(), 2);
    for name in ["", "   ", &"x".repeat(61)] {
        assert!(folder.save(name, &values(0.9)).is_err(), "{name:?}");
    }
}

#[test]
fn what_is_no_preset_is_said_in_a_sentence_and_left_alone() {
    let (place, params) = (Place::new("damaged"), params());
    let folder = &place.0;
    fs::create_dir_all(folder.path()).unwrap();
    let cases: [(&str, &[u8], &str); 6] = [
        ("empty", b"", "no preset"),
        ("text", b"hello", "no preset"),
        ("other", br#"{"name":"x"}"#, "no preset"),
        ("binary", &[0xFF, 0xFE, 0x00], "UTF-8"),
        ("nameless", br#"{"songweave_preset":1,"values":{"vocals":0.5}}"#, "no name"),
        ("large", &[b' '; (1 << 20) + 1], "too large"),
    ];
    for (name, content, _) in cases {
        fs::write(folder.path().join(format!("{name}.{EXTENSION}")), content).unwrap();
    }
    fs::create_dir(folder.path().join(format!("folder.{EXTENSION}"))).unwrap();
    fs::write(folder.path().join("notes.txt"), "not looked at").unwrap();
    let (entries, notices) = folder.list();
    assert_eq!((entries.len(), notices.len()), (0, 7), "{notices:?}");
    for (name, _, reason) in cases {
        let path = folder.path().join(format!("{name}.{EXTENSION}"));
        let told = folder.load(&path, &params).unwrap_err();
        assert!(told.contains(reason) && told.contains("nothing was changed"), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 8);
}

#[test]
fn newer_and_damaged_values_are_told_and_the_rest_is_taken() {
    let params = params();
    let newer = r#"{"songweave_preset":2,"name":"N","values":{"vocals":0.5,"wobble":3}}"#;
    let read = file::read(newer, &params).unwrap();
    assert_eq!(read.values, Values::from([("vocals".to_owned(), 0.5)]));
    assert!(read.notice.unwrap().contains("newer Songweave"));
    let damaged = r#"{"songweave_preset":1,"name":"D","values":{"vocals":0.5,"mix":7,"style":"Polka","quality":1}}"#;
    let read = file::read(damaged, &params).unwrap();
    assert_eq!(read.values, Values::from([("vocals".to_owned(), 0.5)]), "no preset changes the latency");
    let notice = read.notice.unwrap();
    assert!(notice.contains("mix, style"), "{notice}");
    assert!(file::read(r#"{"songweave_preset":1,"name":"E","values":{"wobble":3}}"#, &params).is_err());
    let renamed = file::rename(newer, "M").unwrap();
    assert!(renamed.contains("wobble") && file::name(&renamed).unwrap() == "M", "what is not known stays: {renamed}");
}

#[cfg(target_os = "linux")]
#[test]
fn where_there_is_no_room_the_preset_before_stays() {
    let place = Place::new("room");
    let folder = &place.0;
    let entry = folder.save("One", &values(0.1)).unwrap();
    let before = fs::read(&entry.path).unwrap();
    // A draft that cannot be made: its place is taken by a folder.
    fs::create_dir(entry.path.with_extension("part")).unwrap();
    assert!(folder.save_over(&entry, &values(0.9)).unwrap_err().contains("the one before stays"));
    assert_eq!(fs::read(&entry.path).unwrap(), before);
    let nowhere = Folder::new("/proc/songweave".into());
    assert!(nowhere.save("One", &values(0.1)).unwrap_err().contains("/proc/songweave"));
}
