//! Figures as a person reads them: a block for each song, then one for all.

use songweave_measure::{
    mash::report::{PartSummary, RecipeSummary, Report, Summary},
    statistics::Estimate,
};

pub(super) fn report(report: &Report) {
    for song in &report.songs {
        println!("{} as A", song.song);
        for pair in report.pairs.iter().filter(|pair| pair.a == song.song) {
            let left_out = pair.left_out.iter().map(|obstacle| format!("; left out: {obstacle}")).collect::<String>();
            println!(
                "  with {} ({:.0} s, {:.0} times real time){left_out}",
                pair.b, pair.seconds, pair.times_real_time
            );
            for figures in &pair.recipes {
                let (near, recipe) = (&figures.nearness, figures.recipe);
                let levels = [near.plugin, near.plain_sum, near.crossfade, near.ducker, near.oracle];
                row(recipe, levels.map(|near| near.si_sdr), figures.over_plain_sum, figures.of_the_way);
            }
        }
        parts(&song.summary);
    }
    overall(report);
}

fn overall(report: &Report) {
    println!("All {} pairs, mean (95 % intervals: pairs drawn anew; 10 s stretches drawn anew)", report.pairs.len());
    for recipe in &report.overall.recipes {
        let si_sdr = &recipe.si_sdr;
        let levels = [&si_sdr.plugin, &si_sdr.plain_sum, &si_sdr.crossfade, &si_sdr.ducker, &si_sdr.oracle];
        row(recipe.recipe, levels.map(|estimate| estimate.mean), recipe.over_plain_sum.mean, recipe.of_the_way.mean);
        details(recipe);
    }
    parts(&report.overall);
    if let Some(auto) = &report.auto {
        println!(
            "    auto    without transport changes songs {:.2} times in a bar of 2 s, at most {} times",
            auto.changes_per_bar.mean, auto.most_changes_in_a_bar
        );
    }
}

fn row(name: &str, [plugin, sum, crossfade, ducker, oracle]: [f64; 5], over: f64, of_the_way: f64) {
    println!(
        "    {name:<7} SI-SDR {plugin:6.2} dB: plain sum {sum:6.2}, no network {crossfade:6.2}, ducker {ducker:6.2}, oracle \
         {oracle:6.2}; {over:5.2} over the sum, {:3.0} % of the way",
        100.0 * of_the_way
    );
}

fn details(recipe: &RecipeSummary) {
    println!("      over plain sum  {}", decibels(&recipe.over_plain_sum));
    println!("      over ducker     {}", decibels(&recipe.over_ducker));
    println!("      over crossfade  {}", decibels(&recipe.over_crossfade));
    let way = &recipe.of_the_way;
    println!("      of the way      {:.0} %{}", 100.0 * way.mean, way.brackets(100.0, 0));
    let medians = &recipe.median_second_sdr;
    println!(
        "      SDR             {:.2} dB; median of seconds {:.2} (plain sum {:.2}, oracle {:.2})",
        recipe.sdr.plugin.mean, medians.plugin.mean, medians.plain_sum.mean, medians.oracle.mean
    );
    if let Some(leakage) = &recipe.leakage {
        let parts: Vec<String> = leakage
            .parts
            .iter()
            .map(|leak| format!("{} of {} {:.1}", leak.part, leak.song, leak.plugin.mean))
            .collect();
        println!(
            "      leakage         {:.1} dB (plain sum {:.1}, oracle {:.1}): {}",
            leakage.plugin.mean,
            leakage.plain_sum.mean,
            leakage.oracle.mean,
            parts.join(", ")
        );
    }
    let rough = &recipe.roughness;
    println!(
        "      roughness       {:.3}, {:+.0} % against the plain sum {:.3}; the true mix {:.3}",
        rough.plugin.mean,
        100.0 * rough.change.mean,
        rough.plain_sum.mean,
        rough.truth.mean
    );
    let flutter = &recipe.flutter;
    println!(
        "      flutter         {:.2} changes of 6 dB a second and band (oracle {:.2})",
        flutter.plugin.mean, flutter.oracle.mean
    );
}

fn parts(summary: &Summary) {
    for PartSummary { part, si_sdr, sdr, median_second_sdr, unprocessed_sdr, oracle_sdr, .. } in &summary.parts {
        println!(
            "    {part:<7} alone: SDR {}, median of seconds {:.2}, SI-SDR {:.2}; untouched {:.2}, oracle {:.2}",
            decibels(sdr),
            median_second_sdr.mean,
            si_sdr.mean,
            unprocessed_sdr.mean,
            oracle_sdr.mean
        );
    }
}

/// A level with its intervals.
fn decibels(estimate: &Estimate) -> String {
    format!("{:.2} dB{}", estimate.mean, estimate.brackets(1.0, 2))
}
