//! Compares what was seen with what was recorded.

use similar::TextDiff;

use crate::case::{Case, Texts};

/// How a case ended.
pub(crate) enum Verdict {
    Passed,
    /// It cannot run here.
    Skipped,
    /// With what the reader needs to see.
    Failed(String),
}

impl Verdict {
    pub(crate) fn of(case: &Case, seen: &Texts) -> Self {
        let (options, expected) = (&case.options, &case.expected);
        let mut report = String::new();
        if options.stdout.is_empty() {
            let (wanted, got) = (
                ordered(&expected.stdout, options.unordered),
                ordered(&seen.stdout, options.unordered),
            );
            if wanted != got && without_origins(&wanted) == without_origins(&got) {
                report.push_str("  (only the [ERROR] messages differ)\n");
            }
            compare("stdout", &wanted, &got, &mut report);
        }
        for pattern in options.stdout.iter().filter(|pattern| !pattern.is_match(&seen.stdout)) {
            report.push_str(&format!(
                "  stdout does not match `{pattern}`:\n{}",
                indented(&seen.stdout)
            ));
        }
        if options.stderr_equal {
            compare("stderr", &expected.stderr, &seen.stderr, &mut report);
        }
        for pattern in options.stderr.iter().filter(|pattern| !pattern.is_match(&seen.stderr)) {
            report.push_str(&format!(
                "  stderr does not match `{pattern}`:\n{}",
                indented(&seen.stderr)
            ));
        }
        compare("status", &expected.status, &seen.status, &mut report);
        compare("tree", &expected.tree, &seen.tree, &mut report);
        compare("state", &expected.state, &seen.state, &mut report);
        if report.is_empty() {
            return Self::Passed;
        }
        if !options.stderr_equal && options.stderr.is_empty() && !seen.stderr.is_empty() {
            report.push_str(&format!("  stderr (not compared):\n{}", indented(&seen.stderr)));
        }
        Self::Failed(report)
    }
}

/// Appends a unified diff when the two differ.
fn compare(what: &str, expected: &str, seen: &str, report: &mut String) {
    if expected != seen {
        let diff = TextDiff::from_lines(expected, seen);
        let diff = diff
            .unified_diff()
            .header(&format!("{what} (reference)"), &format!("{what} (windlass)"))
            .to_string();
        report.push_str(&indented(&diff));
    }
}

/// The text, or its lines in the order of the alphabet; how often a banner comes is a matter of order too.
fn ordered(text: &str, unordered: bool) -> String {
    if !unordered {
        return text.to_owned();
    }
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.dedup_by(|one, other| one == other && one.ends_with("***"));
    lines.join("\n") + "\n"
}

/// The text without the paragraphs between `[ERROR]:` and the line that reports the result.
fn without_origins(text: &str) -> String {
    let mut within = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with("[ERROR]:") {
            within = true;
        } else if ["fatal: ", "failed: ", "PLAY ", "TASK ", "...ignoring"]
            .iter()
            .any(|start| line.starts_with(start))
        {
            within = false;
        }
        if !within {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn indented(text: &str) -> String {
    let mut indented = String::new();
    for line in text.lines() {
        indented.push_str("  ");
        indented.push_str(line);
        indented.push('\n');
    }
    indented
}
