//! Which of the arranger's style files belong to which genre.

use songweave_engine::listener::GENRES;

/// Genre, and style files by library and name. Names with `*` stand for all that begin so.
const STYLES: [(&str, &[&str]); 15] = [
    (
        "blues",
        &[
            "stdlib/blues*",
            "stdlib/boggiewoggie",
            "stdlib/countryblues",
            "stdlib/fastblues",
            "stdlib/shuffleboggie",
            "stdlib/slowblues",
            "casio/blues",
            "casio/shuffleboogie",
            "zoom/blues*",
        ],
    ),
    ("classical", &["stdlib/vienesewaltz", "stdlib/arpeggio*", "stdlib/hymn", "stdlib/bwmarch", "casio/serenade"]),
    (
        "country",
        &[
            "stdlib/bluegrass",
            "stdlib/countryswing",
            "stdlib/countrywaltz",
            "stdlib/slowcountry",
            "stdlib/westernswing",
            "stdlib/hillcountry",
            "zoom/cntry",
            "zoom/country",
            "yamaha/western",
        ],
    ),
    (
        "electronic",
        &[
            "stdlib/trance",
            "casio/house",
            "casio/techno",
            "casio/trance*",
            "casio/rave",
            "casio/dance1",
            "casio/dance2",
            "casio/latinhouse",
            "casio/triphop",
            "zoom/house",
            "zoom/techno",
            "zoom/trip",
            "zoom/dnb",
            "zoom/dance",
            "alexis/teamtechno",
        ],
    ),
    ("folk", &["stdlib/bluefolk", "stdlib/folk", "stdlib/folkballad", "stdlib/lullaby", "stdlib/frenchwaltz"]),
    ("hip-hop", &["alexis/hiphop", "casio/hip-hop", "zoom/hiphop"]),
    (
        "jazz",
        &[
            "stdlib/bebop",
            "stdlib/bigband",
            "stdlib/descendingjazz",
            "stdlib/evansish",
            "stdlib/fastjazzwaltz",
            "stdlib/gypsyjazz",
            "stdlib/jazz*",
            "stdlib/mellowjazz",
            "stdlib/modernjazz*",
            "stdlib/nitejazz",
            "stdlib/slowjazz",
            "stdlib/swing",
            "stdlib/fastswing",
            "stdlib/easyswing",
            "stdlib/charleston",
            "stdlib/ragtime",
            "stdlib/dixie",
            "casio/fastbigband",
            "casio/jazz*",
            "casio/modernjazz",
            "casio/slowswing",
            "casio/swing",
            "zoom/jazz*",
            "yamaha/jazz*",
        ],
    ),
    (
        "latin",
        &[
            "stdlib/afro-cuban",
            "stdlib/beguine",
            "stdlib/bolero",
            "stdlib/bossanova",
            "stdlib/chacha",
            "stdlib/cubanguitar",
            "stdlib/latinwaltz",
            "stdlib/lighttango",
            "stdlib/mambo",
            "stdlib/merengue",
            "stdlib/rhumba",
            "stdlib/salsa",
            "stdlib/samba",
            "stdlib/son",
            "stdlib/tango",
            "casio/latinfusion",
            "zoom/bossa",
            "zoom/latin",
            "zoom/samba",
            "yamaha/salsa*",
            "yamaha/mambo",
            "kara/kbossa",
        ],
    ),
    ("metal", &["casio/heavymetal", "pflib/metal*", "zoom/mtl"]),
    ("ambient", &["casio/ambient*", "zoom/ambient"]),
    (
        "pop",
        &[
            "stdlib/8beat",
            "stdlib/popballad",
            "stdlib/boneym",
            "stdlib/pianoballad",
            "casio/80spop",
            "casio/8beatpop*",
            "casio/dancepop*",
            "casio/electricpop",
            "casio/pop",
            "casio/popballad",
            "casio/popwaltz",
            "casio/16beatballad*",
            "zoom/pop",
            "zoom/bald",
            "kara/2beatp",
        ],
    ),
    ("punk", &["zoom/punk"]),
    ("reggae", &["zoom/reggae", "stdlib/ska", "zoom/ska"]),
    (
        "soul",
        &[
            "stdlib/bvfunk",
            "stdlib/dsoul",
            "stdlib/rb*",
            "stdlib/strut",
            "casio/60ssoul",
            "casio/discosoul",
            "casio/funk*",
            "casio/mellowrb",
            "casio/modernrb",
            "casio/r+b",
            "casio/soul*",
            "zoom/funk",
            "zoom/rnb",
            "kara/8beatmotown",
            "kara/Kfunk1",
        ],
    ),
    (
        "rock",
        &[
            "stdlib/50srock",
            "stdlib/60srock",
            "stdlib/basicrock",
            "stdlib/folkrock",
            "stdlib/rock*",
            "stdlib/softrock",
            "stdlib/twist",
            "casio/60srock",
            "casio/digitalrock",
            "casio/rock*",
            "casio/shufflerock",
            "casio/slowrock",
            "casio/poprock*",
            "pflib/rock1",
            "pflib/slowrock",
            "zoom/rock*",
            "yamaha/w-rock",
            "kara/K50s_rock",
        ],
    ),
];
/// The sixteenth genre: what is danced to elsewhere.
const WORLD: (&str, &[&str]) =
    ("world", &["zoom/afro", "stdlib/zydeco", "stdlib/polka", "casio/polka", "stdlib/calypso", "stdlib/desert"]);

/// A style file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// Library and name, as in `casio/blues`.
    pub(super) name: String,
    /// Index of its genre.
    pub(super) genre: usize,
}

/// The styles of all genres among the files that are installed (library and name), in order of genre and name.
pub(super) fn styles(installed: &[String]) -> Vec<Style> {
    let mut found = Vec::new();
    for (genre, patterns) in STYLES.iter().chain([&WORLD]) {
        let genre = GENRES.iter().position(|name| name == genre).unwrap_or_default();
        let fits = |name: &str| {
            patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *pattern,
            })
        };
        found.extend(installed.iter().filter(|name| fits(name)).map(|name| Style { name: name.clone(), genre }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_genre_has_styles_and_no_pattern_is_of_another() {
        let names: Vec<String> =
            STYLES.iter().chain([&WORLD]).flat_map(|(_, patterns)| *patterns).map(|p| p.replace('*', "")).collect();
        let found = styles(&names);
        assert_eq!(found.len(), names.len(), "a style belongs to one genre");
        let genres: std::collections::BTreeSet<usize> = found.iter().map(|style| style.genre).collect();
        assert_eq!(genres.len(), GENRES.len());
    }
}
