#![allow(clippy::unwrap_used)]
use songweave_engine::band::{heard::StepHeard, place::Place};

use super::*;
use crate::{
    params::SongweaveParams,
    settings::{
        Loaded, Values,
        memory::{Kept, WindowSize},
    },
};

fn params() -> SongweaveParams {
    SongweaveParams::new(Arc::new(Shared::default()))
}

/// What nice-plug does with a state.
fn load(params: &SongweaveParams, mut state: PluginState) -> PluginState {
    prepare(&mut state, &SongweaveParams::new(Arc::new(Shared::without_network())));
    params.deserialize_fields(&state.fields);
    state
}

fn state(params: &str, fields: &str) -> PluginState {
    let text = format!(r#"{{"version":"9.9.9","params":{params},"fields":{fields}}}"#);
    serde_json::from_str(&text).unwrap()
}

fn notices(params: &SongweaveParams) -> Vec<String> {
    locked(&params.state.shared.notices).clone()
}

fn float(state: &PluginState, id: &str) -> f32 {
    match state.params.get(id) {
        Some(ParamValue::F32(value)) => *value,
        other => panic!("{id}: {other:?}"),
    }
}

#[test]
fn what_is_saved_loads_without_a_word() {
    let params = params();
    let fields = params.serialize_fields();
    assert_eq!((fields["format"].as_str(), fields.contains_key("seed")), ("3", false));
    let models: BTreeMap<String, String> = serde_json::from_str(&fields["models"]).unwrap();
    assert!(models.values().all(|digest| digest.len() == 64) && models.len() == 6, "{models:?}");
    let state = PluginState { version: "0.1.0".to_owned(), params: BTreeMap::new(), fields: fields.clone() };
    load(&params, state);
    assert_eq!(notices(&params), Vec::<String>::new());
    assert_eq!(params.serialize_fields(), fields);
}

#[test]
fn what_was_learned_is_saved_and_damage_is_told() {
    let learned = params();
    let place = Place { bar: 3, step: 0, steps_per_bar: 16, steps_per_beat: 4 };
    let mut heard = StepHeard { heard: 1.0, level: -20.0, key: 64.0, ..StepHeard::default() };
    heard.pitch[4] = 1.0;
    learned.state.take().learn(11_520, &place, &heard);
    let fields = learned.serialize_fields();
    let fresh = params();
    load(&fresh, PluginState { version: "0.1.0".to_owned(), params: BTreeMap::new(), fields });
    assert_eq!(fresh.state.take().take(), learned.state.take().take());
    assert_eq!(notices(&fresh), Vec::<String>::new());
    for damaged in [r#""AQAA""#, r#""?""#, "7"] {
        let fields = BTreeMap::from([("format", "3"), ("take", damaged)].map(|(key, text)| (key.into(), text.into())));
        load(&fresh, PluginState { version: "0.1.0".to_owned(), params: BTreeMap::new(), fields });
        assert!(fresh.state.take().is_empty() && notices(&fresh)[0].contains("damaged"), "{:?}", notices(&fresh));
    }
}

#[test]
fn a_state_of_format_1_loads_and_leaves_its_seed_behind() {
    let params = params();
    let old = state(r#"{"vocals":{"f32":0.25}}"#, r#"{"format":"1","seed":"0","models":"{}","weights":"{}"}"#);
    assert_eq!(float(&load(&params, old), "vocals"), 0.25);
    assert_eq!(notices(&params), Vec::<String>::new());
    let saved = params.serialize_fields();
    assert_eq!((saved["format"].as_str(), saved.contains_key("seed")), ("3", false));
}

#[test]
fn what_the_editor_remembers_is_saved_and_another_project_replaces_all_but_the_window() {
    let remembering = params();
    let window = Some(WindowSize { width: 1000.0, height: 800.0, zoom: 1.25 });
    let values = Values::from([("vocals".to_owned(), 0.3)]);
    let preset = Some(Loaded { name: "Mine".to_owned(), own: true, values: values.clone() });
    *locked(&remembering.state.memory) = Memory {
        window,
        preset: preset.clone(),
        second: true,
        other: Some(Kept { values, preset }),
        ..Memory::default()
    };
    let fields = remembering.serialize_fields();
    let fresh = params();
    load(&fresh, PluginState { version: "0.1.0".to_owned(), params: BTreeMap::new(), fields });
    assert_eq!(*locked(&fresh.state.memory), *locked(&remembering.state.memory));
    assert_eq!(notices(&fresh), Vec::<String>::new());
    load(&fresh, state("{}", r#"{"format":"2"}"#));
    assert_eq!(*locked(&fresh.state.memory), Memory { window, ..Memory::default() });
    load(&fresh, state("{}", r#"{"format":"3","editor":"{\"preset\":7}"}"#));
    assert!(notices(&fresh)[0].contains("\"editor\" is damaged"), "{:?}", notices(&fresh));
}

#[test]
fn a_future_state_gives_what_is_known_and_keeps_the_rest() {
    let params = params();
    let future = state(
        r#"{"vocals":{"f32":0.25},"drunk":{"i32":2}}"#,
        r#"{"format":"7","seed":"42","song":"\"x\"","models":"{\"mash-9\":\"0123456789\"}"}"#,
    );
    let loaded = load(&params, future);
    assert_eq!(float(&loaded, "vocals"), 0.25);
    let saved = params.serialize_fields();
    assert_eq!((saved["seed"].as_str(), saved["song"].as_str()), ("42", "\"x\""));
    assert_eq!(saved["unknown_params"], r#"{"drunk":{"i32":2}}"#);
    assert!(!saved.contains_key("notices"));
    let notices = notices(&params);
    assert!(notices[0].contains("newer Songweave (9.9.9)"), "{notices:?}");
    assert!(notices[1].contains("saved with mash-9 (01234567)"), "{notices:?}");
}

#[test]
fn a_state_from_before_transposition_sounds_as_it_did() {
    let loaded = load(&params(), state(r#"{"vocals":{"f32":0.25}}"#, r#"{"format":"1"}"#));
    assert!(matches!(loaded.params["transpose_b"], ParamValue::I32(0)));
    assert!(matches!(loaded.params["match_keys"], ParamValue::Bool(false)));
    let saved = load(&params(), state(r#"{"transpose_b":{"i32":-7},"match_keys":{"bool":true}}"#, r#"{"format":"1"}"#));
    assert!(matches!(saved.params["transpose_b"], ParamValue::I32(0)), "the default, since -7 is out of range");
    assert!(matches!(saved.params["match_keys"], ParamValue::Bool(true)));
}

#[test]
fn a_state_from_before_tune_sounds_as_it_did() {
    let loaded = load(&params(), state(r#"{"mode":{"i32":1}}"#, r#"{"format":"1"}"#));
    assert_eq!((float(&loaded, "tune_amount"), float(&loaded, "formant")), (0.0, 0.0));
    let saved = load(&params(), state(r#"{"tune_amount":{"f32":7},"tune_target":{"i32":3}}"#, r#"{"format":"1"}"#));
    assert_eq!(float(&saved, "tune_amount"), 0.0, "the default, since 7 is out of range");
    assert!(matches!(saved.params["tune_target"], ParamValue::I32(3)));
}

#[test]
fn a_parameter_that_was_laid_aside_comes_back_once_it_is_known() {
    let laid_aside = state("{}", r#"{"format":"1","unknown_params":"{\"vocals\":{\"f32\":0.75}}"}"#);
    assert_eq!(float(&load(&params(), laid_aside), "vocals"), 0.75);
}

#[test]
fn damaged_values_become_defaults_and_are_named() {
    let params = params();
    let damaged = state(
        r#"{"vocals":{"bool":true},"mix":{"f32":1e300},"high":{"f32":-5.0},"mode":{"i32":99},"missed_hops":{"i32":5}}"#,
        r#"{"format":"1","seed":"x","models":"1","weights":"[1]"}"#,
    );
    let loaded = load(&params, damaged);
    assert_eq!((float(&loaded, "vocals"), float(&loaded, "mix"), float(&loaded, "high")), (0.0, 1.0, 20_000.0));
    assert!(matches!(loaded.params["mode"], ParamValue::I32(0)));
    assert!(matches!(loaded.params["bypass"], ParamValue::Bool(false)));
    assert!(!loaded.params.contains_key("missed_hops"));
    let all = notices(&params).join("\n");
    assert!(all.contains("mix, vocals") && all.contains("\"models\"") && all.contains("\"weights\""), "{all}");
    assert!(all.contains("value of high is out of its range, 20 Hz to 20 kHz; the default"), "{all}");
    assert!(all.contains("value of mode is out of its range, Mash to Accompany; the default"), "{all}");
}

#[test]
fn a_state_without_a_format_is_damaged() {
    for fields in ["{}", r#"{"format":"0"}"#, r#"{"format":"-1"}"#, r#"{"format":"\"1\""}"#] {
        let params = params();
        load(&params, state("{}", fields));
        assert!(notices(&params)[0].contains("damaged"), "{fields}");
    }
}

#[test]
fn a_missing_weight_file_is_said_and_stays_wanted() {
    let params = params();
    let digest = params.serialize_fields()["models"].clone();
    load(&params, state("{}", r#"{"format":"1","weights":"{\"mash\":\"/nowhere/mine.safetensors\"}"}"#));
    assert!(notices(&params)[0].contains("/nowhere/mine.safetensors"), "{:?}", notices(&params));
    let saved = params.serialize_fields();
    assert_eq!(saved["models"], digest, "the network in the binary stays");
    assert_eq!(saved["weights"], r#"{"mash":"/nowhere/mine.safetensors"}"#);
}

#[test]
fn a_weight_file_of_the_users_is_loaded_by_the_state_and_given_up_by_a_fresh_one() {
    let file = std::env::temp_dir().join(format!("songweave-weights-{}.safetensors", std::process::id()));
    std::fs::write(&file, songweave_models::mash::EMBEDDED).unwrap();
    let saved = {
        let params = params();
        params.state.choose_weights(Some(file.clone()));
        assert_eq!(notices(&params), Vec::<String>::new());
        params.serialize_fields()
    };
    let params = params();
    let in_use = |params: &SongweaveParams| params.state.shared.slot.as_ref().unwrap().info().file;
    load(&params, PluginState { version: String::new(), params: BTreeMap::new(), fields: saved });
    assert_eq!(in_use(&params), Some(file.clone()));
    load(&params, state("{}", r#"{"format":"1"}"#));
    assert_eq!(in_use(&params), None);
    std::fs::remove_file(file).unwrap();
}

#[test]
fn no_weight_file_that_is_none_is_taken() {
    let params = params();
    for path in ["/dev/zero", "/", ""] {
        params.state.choose_weights(Some(path.into()));
        assert_eq!(notices(&params).len(), 1, "{path}");
        assert_eq!(params.serialize_fields()["weights"], "{}");
    }
}

#[test]
fn a_frozen_mask_is_saved_bit_for_bit_and_only_while_freeze_is_on() {
    let mut mask = HeldMask::of(&songweave_dsp::exchange::decision::MashDecision::UNDECIDED);
    mask.shares[1][3][95] = 0.1;
    let saved = {
        let params = params();
        assert!(!params.serialize_fields().contains_key("frozen"));
        params.state.shared.frozen.write(Some(&mask)).unwrap();
        params.serialize_fields()["frozen"].clone()
    };
    let held = |freeze: bool, saved: &str| {
        let params = params();
        let fields = BTreeMap::from([("format".to_owned(), "1".to_owned()), ("frozen".to_owned(), saved.to_owned())]);
        let values = BTreeMap::from([("freeze".to_owned(), ParamValue::Bool(freeze))]);
        load(&params, PluginState { version: String::new(), params: values, fields });
        (params.state.shared.frozen.read().unwrap(), notices(&params).join(" "))
    };
    assert_eq!(held(true, &saved).0, Some(mask));
    assert_eq!(held(false, &saved).0, None);
    let (none, notice) = held(true, "[1,2,3]");
    assert!(none.is_none() && notice.contains("frozen mask is damaged"), "{notice}");
}
