//! Cards written from a template: prose in which every measured figure is asked for by its place in the JSON.
//!
//! A template is `models/weights/KIND.template.md` in Jinja's language. It knows the files of [`FIGURES`] by name, and the filters
//! `fixed(digits)`, `percent`, `count`, `mean(digits)`, `interval(digits)`, `where(key, value)` and `average(key)`.

use std::path::Path;

use anyhow::{Context, Result};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{inputs::parse, tables};

/// Names that templates know, and the files below `models/weights` that they stand for.
const FIGURES: [(&str, &str); 19] = [
    ("band", "figures/band/band.json"),
    ("bench", "figures/bench.json"),
    ("chords_training", "chords.training.json"),
    ("groove", "figures/band/groove.json"),
    ("groove_training", "groove.training.json"),
    ("harmony", "figures/band/harmony.json"),
    ("instruments", "figures/instruments/instruments.json"),
    ("instruments_training", "instruments.training.json"),
    ("listener", "figures/listener/listener.json"),
    ("labelled", "figures/listener/labelled.json"),
    ("listener_training", "listener.training.json"),
    ("learned", "figures/band/learned.json"),
    ("manners", "figures/band/manners.json"),
    ("melody", "figures/tune/melody.json"),
    ("melody_training", "melody.training.json"),
    ("sound", "figures/band/sound.json"),
    ("voice", "figures/tune/voice.json"),
    ("song_chords_training", "song-chords.training.json"),
    ("voice_before", "figures/tune/voice.before.json"),
];

/// The card of `kind` as Markdown, from its template and the figures in the folder `weights`.
///
/// # Errors
/// A file is missing, or the template asks for a figure that is in no file.
pub(super) fn card(kind: &str, weights: &Path) -> Result<String> {
    let name = format!("{kind}.template.md");
    let path = weights.join(&name);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut figures = serde_json::Map::new();
    for (name, file) in FIGURES {
        figures.insert(name.to_owned(), parse(&weights.join(file))?);
    }
    let card = fill(&text, &figures).with_context(|| format!("{} cannot be filled in", path.display()))?;
    Ok(format!("<!-- Written by `cargo xtask card {kind}`; edit {name} instead. -->\n{card}\n"))
}

/// A template with its figures.
///
/// # Errors
/// It is no template, or asks for what is not there.
pub(super) fn fill(template: &str, figures: &serde_json::Map<String, serde_json::Value>) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build()?);
    environment.add_filter("fixed", fixed);
    environment.add_filter("percent", |value: f64| format!("{:.0} %", 100.0 * value));
    environment.add_filter("count", tables::count);
    environment
        .add_filter("mean", |estimate: Value, digits: usize| Ok::<_, Error>(fixed(number(&estimate, "mean")?, digits)));
    environment.add_filter("interval", interval);
    environment.add_filter("where", find);
    environment.add_filter("average", average);
    Ok(environment.render_str(template, Value::from(Serde(figures)))?)
}

fn fixed(value: f64, digits: usize) -> String {
    format!("{value:.digits$}")
}

/// A number in an object by its name, parts of which are parted by dots.
fn number(object: &Value, path: &str) -> Result<f64, Error> {
    let mut value = object.clone();
    for name in path.split('.') {
        value = match name.parse::<usize>() {
            Ok(index) => value.get_item_by_index(index)?,
            Err(_) => value.get_attr(name)?,
        };
    }
    f64::try_from(value).map_err(|_| missing(format!("there is no number `{path}`")))
}

fn missing(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// An estimate with the interval that songs drawn anew give: `0.679 (0.664 … 0.695)`.
fn interval(estimate: Value, digits: usize) -> Result<String, Error> {
    let [mean, low, high] = ["mean", "by_pairs.0", "by_pairs.1"].map(|path| number(&estimate, path));
    Ok(format!("{} ({} … {})", fixed(mean?, digits), fixed(low?, digits), fixed(high?, digits)))
}

/// The one object of a list whose `key` is `value`.
fn find(list: Value, key: &str, value: &str) -> Result<Value, Error> {
    let found = list.try_iter()?.find(|object| object.get_attr(key).is_ok_and(|own| own.as_str() == Some(value)));
    found.ok_or_else(|| missing(format!("nothing has {key} = {value}")))
}

/// The mean over a list of the numbers with one name.
fn average(list: Value, path: &str) -> Result<f64, Error> {
    let numbers = list.try_iter()?.map(|object| number(&object, path)).collect::<Result<Vec<f64>, Error>>()?;
    if numbers.is_empty() {
        Err(missing("the mean of nothing".to_owned()))
    } else {
        Ok(numbers.iter().sum::<f64>() / numbers.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::project;
    use serde_json::json;

    /// Cards that have a template.
    const KINDS: [&str; 4] = ["band", "instruments", "listener", "melody"];

    /// Numbers with a decimal point that prose may hold, none of them a measurement of this project: published figures, licences and
    /// versions, aims, and what was set (lengths of time, frequencies, sizes).
    const SET: [&str; 12] = ["1.4", "0.543", "0.497", "4.0", "2.5", "0.38", "1.3", "1.5", "1.6", "0.6", "0.4", "2.6"];

    fn weights() -> std::path::PathBuf {
        project::root().join("models/weights")
    }

    #[test]
    fn figures_are_written_as_the_template_says() {
        let figures = json!({"f": {"e": {"mean": 0.6794, "by_pairs": [0.664, 0.6953]}, "n": 248_365, "s": 0.457},
            "l": [{"name": "a", "x": {"y": 1.0}, "t": [3.0]}, {"name": "b", "x": {"y": 2.0}, "t": [5.0]}]});
        let fill = |text: &str| fill(text, figures.as_object().unwrap());
        let text = "{{ f.e|interval(3) }}; {{ f.e|mean(2) }}; {{ f.n|count }}; {{ f.s|percent }}; {{ f.s|fixed(1) }}";
        assert_eq!(fill(text).unwrap(), "0.679 (0.664 … 0.695); 0.68; 248,365; 46 %; 0.5");
        assert_eq!(
            fill("{{ (l|where('name', 'b')).x.y }} {{ l|average('x.y') }} {{ l|average('t.0') }}").unwrap(),
            "2.0 1.5 4.0"
        );
        for absent in ["{{ f.other|fixed(1) }}", "{{ l|where('name', 'c') }}", "{{ l|average('z') }}", "{{ nothing }}"]
        {
            assert!(fill(absent).is_err(), "{absent}");
        }
    }

    #[test]
    fn cards_are_what_their_templates_and_figures_give() {
        for kind in KINDS {
            let path = weights().join(format!("{kind}.card.md"));
            let written = std::fs::read_to_string(&path).unwrap();
            assert_eq!(written, card(kind, &weights()).unwrap(), "run `cargo xtask card {kind}`");
        }
    }

    #[test]
    fn no_measured_figure_is_written_into_prose() {
        let templates = KINDS.map(|kind| format!("{kind}.template.md"));
        for name in templates.iter().map(String::as_str).chain(["mash.limits.md"]) {
            let text = std::fs::read_to_string(weights().join(name)).unwrap();
            let prose = without(&without(&text, "{{", "}}"), "{%", "%}");
            let words = prose.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
            let figures = words.map(|word| word.trim_matches('.')).filter(|word| word.contains('.'));
            let strange: Vec<&str> = figures.filter(|figure| !SET.contains(figure)).collect();
            assert!(strange.is_empty(), "{name}: {strange:?}");
        }
    }

    /// A text without everything from each `begin` to the `end` after it.
    fn without(text: &str, begin: &str, end: &str) -> String {
        let mut parts = text.split(begin);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |prose, part| prose + part.split_once(end).map_or(part, |(_, after)| after))
    }
}
