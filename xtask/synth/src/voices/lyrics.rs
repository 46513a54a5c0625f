//! Made-up lyrics: ordinary English words and invented ones, for a speech synthesiser to read.

use songweave_score::random::Random;

/// Ordinary words: every vowel and consonant of English, single and in clusters.
const WORDS: &str = "a all alone along always and angel another any apart arms around away baby back bad be beat \
    beautiful because before believe below beside better between beyond big bird black blind blood blue body bones \
    born both boy brave bread breath bridge bright bring broken brother burn bus but call candle care carry castle \
    catch change chase child church city clean clear climb clock close cloud coat cold colour come corner could crazy \
    cross crowd cry dance dark daughter day dead dear deep diamond door down dream dress drive drop dust each early \
    earth easy edge empty end enough evening ever every eyes face fade fall far fast father fear feather feel field \
    fight find fingers fire first five flame flash flower fly follow fool for forever forget found free friend from \
    game garden ghost girl give glass go gold gone good goodbye grass green ground grow gun hair half hand happy hard \
    have head heart heat heaven heavy hello her here hero hey hide high hold home hope hour house how hundred hungry \
    hurt ice if in inside into island it jacket judge jump just keep key kids kill king kiss knee know ladder land \
    last late laugh lead leave left letter lie life light like line lion lips listen little live lonely long look \
    lose lost loud love low lucky machine mad make man maybe me measure memory middle midnight mind mine mirror \
    money moon more morning mother mountain mouth move much music must my naked name near never new next night no \
    nobody noise nothing now number ocean of oh old on once one only open other our out over own pain paper party \
    people phone picture place plastic play please pocket poison power promise pull push queen question quick quiet \
    rain reason red ride right ring rise river road rock room roses round run sad same sand save say school sea \
    secret see seven shadow shake shape she shine ship shoes shoulder show side silence silver sing sister six skin \
    sky sleep slow smile smoke snow so soft soldier some something somewhere song soul sound space speak spring star \
    stay steal step still stone stop storm story strange street strong stupid such sugar summer sun sweet swim take \
    talk tall taste teach tears tell that the their them then these thing think this those though thousand three \
    through throw thunder tiger time tired to today together tomorrow tonight too touch town train treasure tree \
    trouble true trust truth try turn twenty two under until up us vision voice wait wake walk wall want war warm \
    watch water wave way we wear weather well were wheel when where which whisper white who why wide wild wind window \
    wings winter wish with without woman wonder wood word world would write wrong year yellow yes yesterday yet you \
    young your zero zone yeah ooh la na na";
/// Beginnings, middles and ends of invented syllables.
const ONSETS: [&str; 30] = [
    "", "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "th", "v", "w", "y", "z", "ch",
    "st", "tr", "bl", "gr", "sp", "fl", "dr", "sk",
];
const VOWELS: [&str; 14] = ["a", "e", "i", "o", "u", "ee", "oo", "ay", "ow", "ah", "oh", "ai", "ia", "oi"];
const ENDS: [&str; 12] = ["", "", "", "", "n", "m", "l", "r", "s", "t", "k", "ng"];

/// A phrase of 3 to 6 words, some of them invented.
#[must_use]
pub fn phrase(random: &mut Random) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let count = 3 + random.index(4);
    let one = |random: &mut Random| {
        if random.chance(0.25) { invented(random) } else { words[random.index(words.len())].to_owned() }
    };
    (0..count).map(|_| one(random)).collect::<Vec<_>>().join(" ")
}

/// `count` phrases, each ended by a mark at which a reader pauses.
#[must_use]
pub fn verse(count: usize, random: &mut Random) -> String {
    let mark = |random: &mut Random| [". ", ", ", "! ", "? "][random.index(4)];
    (0..count).map(|_| phrase(random) + mark(random)).collect()
}

fn invented(random: &mut Random) -> String {
    let part = |random: &mut Random| {
        [ONSETS[random.index(ONSETS.len())], VOWELS[random.index(VOWELS.len())], ENDS[random.index(ENDS.len())]]
            .concat()
    };
    (0..1 + random.index(3)).map(|_| part(random)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_the_verse_and_verses_differ() {
        let verse = |seed| verse(8, &mut Random::new(seed));
        assert_eq!(verse(1), verse(1));
        assert_ne!(verse(1), verse(2));
        assert!(verse(1).split_whitespace().count() >= 24);
        assert!(verse(3).chars().all(|char| char.is_ascii_alphabetic() || " .,!?".contains(char)));
    }
}
