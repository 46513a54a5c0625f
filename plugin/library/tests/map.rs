//! The map: the same library has the same map, and new songs move nobody.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use songweave_library::{
    map::{keep_places, page},
    similarity::catalogue::Catalogue,
    store::{FileSeen, SqliteStore, Store},
    track::{Digest, Sound, Tags, Track, unit},
};

/// Made songs in three groups.
fn add(store: &mut SqliteStore, songs: std::ops::Range<u32>) {
    for number in songs {
        let mut draw = common::noise(u64::from(number) + 1);
        let group = number as usize % 3;
        let vector = unit(&std::array::from_fn(|at| 0.3 * draw() + if at / 30 == group { 1.0 } else { 0.0 })).unwrap();
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        let sound = Sound {
            seconds: f64::from(number) * 3.0 + 60.0,
            loudness: None,
            key: None,
            tempo: None,
            density: 1.0,
            chroma: [0.0; 12],
            scales: None,
            power: [0.0; 96],
            genres: [0.0; 16],
            slices: vec![vector],
            prints: vec![],
        };
        let title = Some(format!("</script><b>{number}"));
        let track = Track { digest: Digest(digest), tags: Tags { title, ..Tags::default() }, sound };
        let file = FileSeen { path: format!("/music/{number}.mp3"), size: 1, modified: 1 };
        store.add(&track, &vector, "made", &file).unwrap();
    }
}

#[test]
fn groups_lie_apart_new_songs_find_theirs_and_nobody_moves() {
    let (_place, mut store) = common::store();
    add(&mut store, 0..60);
    let catalogue = Catalogue::load(&store).unwrap();
    let (first, new) = keep_places(&mut store, &catalogue, false).unwrap();
    assert_eq!(new, 60);
    assert!(first.iter().flatten().all(|number| (-1.001..=1.001).contains(number)));
    add(&mut store, 60..75);
    let catalogue = Catalogue::load(&store).unwrap();
    let (second, new) = keep_places(&mut store, &catalogue, false).unwrap();
    assert_eq!((new, &second[..60]), (15, &first[..]), "nobody moved");
    let far = |one: [f32; 2], other: [f32; 2]| (one[0] - other[0]).hypot(one[1] - other[1]);
    for song in 0..75 {
        let nearest = (0..75)
            .filter(|other| *other != song)
            .min_by(|one, other| far(second[song], second[*one]).total_cmp(&far(second[song], second[*other])));
        assert_eq!(nearest.unwrap() % 3, song % 3, "song {song} lies in another group");
    }
    let (anew, _) = keep_places(&mut store, &catalogue, true).unwrap();
    let (again, _) = keep_places(&mut store, &catalogue, true).unwrap();
    assert_eq!(anew, again, "the same library, the same map");
}

#[test]
fn the_page_fetches_nothing_and_names_cannot_end_its_script() {
    let (_place, mut store) = common::store();
    add(&mut store, 0..4);
    let catalogue = Catalogue::load(&store).unwrap();
    let (places, _) = keep_places(&mut store, &catalogue, false).unwrap();
    let html = page::html(&catalogue, &places);
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("src="));
    assert_eq!(html.matches("</script>").count(), 1);
    assert_eq!(html.matches("u003c/script").count(), 4);
}
