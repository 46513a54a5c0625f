//! The figures as a table.

use songweave_measure::notes::instrument_report::{ProgramReport, Report, SystemFigures};

pub(super) fn report(report: &Report) {
    println!("{} parameters", report.parameters);
    println!("{:<30} distance  × bound  convergence  envelope  pitch  attack 50 %  90 %", "");
    report.programs.iter().for_each(program);
}

fn program(program: &ProgramReport) {
    println!("{} ({:.1} dB)", program.name, program.level_db);
    for register in &program.registers {
        register.systems.iter().for_each(|figures| line(register.name, figures));
    }
    program.whole.iter().for_each(|figures| line("all", figures));
}

fn line(register: &str, figures: &SystemFigures) {
    let cents = figures.cents.map_or("–".to_owned(), |cents| format!("{cents:.1} ct"));
    println!(
        "  {register:<8} {:<18} {:>6.1} dB  {:>6.2}  {:>11.2}  {:>5.1} dB  {cents:>7}  {:>6.0} ms  {:>4.0} ms",
        figures.system,
        figures.distance_db,
        figures.against_bound,
        figures.convergence,
        figures.envelope_db,
        figures.attack_50_ms,
        figures.attack_90_ms
    );
}
