//! The corpus of path attacks, the names that stock clients really send, and the laws of joining.

use std::path::{Component, Path};

use proptest::prelude::*;

use super::ArtifactPath;
use crate::RefusalKind;
use crate::limits::PATH_SIZE_BYTES_MAX;

const ATTACKS: &[&str] = &[
    // Up and out, plain and encoded any number of times.
    "..",
    "../canary",
    "a/..",
    "a/../b",
    "%2e%2e",
    "%2e%2e/canary",
    "%2E%2e/canary",
    ".%2e/x",
    "%252e%252e/canary",
    "%25252e%25252e/x",
    "a/%2e%2e/b",
    "..%2fcanary",
    "..%252fcanary",
    "a%2f..%2f..%2fcanary",
    "a/%2e%2e",
    // Backslashes.
    "..\\canary",
    "a\\..\\b",
    "\\canary",
    "\\\\host\\share",
    "..%5ccanary",
    "%5c..%5cx",
    "..%255cx",
    // Path parameters, fragments, queries.
    "..;/canary",
    "a/..;x/b",
    ";..",
    "a;..",
    "a/;../b",
    "%3b..",
    "..#x",
    "#..",
    "a#b",
    "a%23b",
    "a%2523b",
    "..?x",
    "?..",
    "a?..",
    "a?b",
    "a%3fb",
    // NUL and control characters.
    "a\0b",
    "\0",
    "canary\0.txt",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x7fb",
    "a\x1b[2J",
    "\u{85}b",
    "%c2%85b",
    // Absolute, doubled, drives.
    "/",
    "/etc/passwd",
    "//etc/passwd",
    "///x",
    "%2fetc/passwd",
    "%252fetc/passwd",
    "a//b",
    "a/",
    "C:/x",
    "c:\\x",
    "C:",
    "a/C:/x",
    "%43:/x",
    "C%3a/x",
    // Schemes in any letter case.
    "file:x",
    "FILE:x",
    "FiLe:///etc/passwd",
    "file:/etc/passwd",
    "file://../x",
    "a/file:x",
    "%66ile:x",
    "dbfs:/x",
    "DBFS:/x",
    "dbfs:x",
    "s3://bucket/key",
    "S3:/x",
    "http://host/x",
    "HTTP://host",
    "models:/m/1",
    "runs:/1/a",
    "mlflow-artifacts:/x",
    "gs://b",
    "a/https://h",
    // Dots, blanks, nothing.
    "",
    ".",
    "./a",
    "a/.",
    "a/./b",
    "%2e",
    "%2e/a",
    "....//x",
    "...;..",
    "... .",
    ".. ",
    " ..",
    "a/.. /b",
    ". .",
    ".\u{a0}.",
    // Encoded beyond all reason.
    "%2525252525252525252525252e",
];

#[test]
fn the_whole_corpus_of_attacks_is_refused_as_an_invalid_path() {
    for attack in ATTACKS {
        let refusal = ArtifactPath::parse(attack).expect_err(attack);
        assert_eq!(refusal.kind, RefusalKind::InvalidValue);
        assert!(refusal.message.starts_with("Invalid path "), "{}", refusal.message);
        assert!(!refusal.message.contains(char::is_control), "{:?}", refusal.message);
    }
}

#[test]
fn an_attack_is_refused_wherever_it_stands() {
    for attack in ATTACKS.iter().filter(|attack| !attack.is_empty()) {
        for path in
            [format!("1/run/artifacts/{attack}/file"), format!("model/{attack}"), format!("{attack}/x")]
        {
            assert!(ArtifactPath::parse(&path).is_err(), "{path:?}");
        }
    }
}

#[test]
fn names_that_clients_use_are_kept_as_they_are() {
    for path in [
        "model/MLmodel",
        "model/code/__init__.py",
        "0/5f0d/artifacts/plots/a b.png",
        "héllo/日本.txt",
        "a@b",
        "a+b",
        "a=b",
        "key~x+step+1+timestamp+1764000000000+ab3.png",
        "key%step%12%timestamp%1764%step.png",
        "100%.txt",
        "50%/x",
        "a,b&c!(1)'[]{}~$*<>|\"^`.txt",
        "a;b.txt",
        "a;",
        ";",
        "metrics:train.json",
        "12:30.txt",
        "a:b.txt",
        "x/C:y.txt",
        "...",
        "a/....",
        " ",
        "a/ /b",
        "\u{3000}",
        "..a",
        "a..b",
        "a..",
        "v1.",
        "a/..b",
        ".hidden",
        "aux.py",
        "CON",
        "  a",
        "a ",
        "a\u{300}",
        "-",
        "~",
        "a%00b",
        "a%0ab",
    ] {
        assert_eq!(ArtifactPath::parse(path).map(|parsed| parsed.to_string()), Ok(path.to_owned()));
    }
}

#[test]
fn what_is_still_encoded_is_decoded_as_mlflow_does() {
    for (text, path) in [
        ("a%20b", "a b"),
        ("a%2520b", "a b"),
        ("a%2fb", "a/b"),
        ("a%0Ab", "a%0ab"),
        ("k%step%17%ab3.png", "k%step%17\u{fffd}3.png"),
        ("%c0%ae%c0%ae/x", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}/x"),
    ] {
        let parsed = ArtifactPath::parse(text).expect(text);
        assert_eq!(parsed.as_str(), path);
        assert_eq!(ArtifactPath::parse(parsed.as_str()), Ok(parsed.clone()), "parsing again changes nothing");
    }
}

#[test]
fn bounds_hold_to_the_byte() {
    assert!(ArtifactPath::parse(&"x".repeat(255)).is_ok());
    assert!(ArtifactPath::parse(&"x".repeat(256)).is_err());
    assert!(ArtifactPath::parse(&"é".repeat(128)).is_err(), "bytes count, not characters");
    let longest = format!("{}{}", "ab/".repeat(341), "c");
    assert_eq!(longest.len(), PATH_SIZE_BYTES_MAX);
    let longest = ArtifactPath::parse(&longest).expect("as long as may be");
    assert!(longest.join(&ArtifactPath::parse("d").expect("a name")).is_err());
    let refusal = ArtifactPath::parse(&"x/".repeat(4000)).expect_err("too long");
    assert!(refusal.message.len() < 250, "an error does not repeat it all: {}", refusal.message);
}

#[test]
fn a_folder_may_be_the_whole_tree_and_is_tidied_up() {
    let folder = |text| ArtifactPath::parse_folder(text).map(|path| path.map(|path| path.to_string()));
    assert_eq!(folder(""), Ok(None));
    assert_eq!(folder("."), Ok(None));
    assert_eq!(folder("./"), Ok(None));
    assert_eq!(folder("model/"), Ok(Some("model".to_owned())));
    for untidy in ["model//", "./model", "%2e/model/.", ".//model/%2e//"] {
        assert_eq!(folder(untidy), Ok(Some("model".to_owned())), "{untidy:?}");
    }
    for wrong in ["/", "//", "..", "../", "/model", "./..", "a/./../b", ".//%2e%2e", "%2fmodel"] {
        assert!(folder(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn paths_are_joined_and_taken_apart() {
    let path = |text| ArtifactPath::parse(text).expect(text);
    let file = path("run/model").join(&path("data/model.pkl")).expect("short enough");
    assert_eq!(file, path("run/model/data/model.pkl"));
    assert_eq!(file.file_name(), "model.pkl");
    assert_eq!(file.segments().count(), 4);
    assert!(file.starts_with(&path("run/model")) && file.starts_with(&file));
    assert!(!file.starts_with(&path("run/mod")));
    assert_eq!(file.relative_to(&path("run/model")), Some(path("data/model.pkl")));
    assert_eq!(file.relative_to(&file), None);
}

/// Text in which what attacks are made of is far more likely than by chance.
fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("."),
        Just(".."),
        Just("/"),
        Just("%2e"),
        Just("%2f"),
        Just("%25"),
        Just("%5c"),
        Just("\\"),
        Just(";"),
        Just("#"),
        Just(":"),
        Just("c"),
        Just("file"),
        Just(" "),
        Just("%"),
        Just("2"),
        Just("e"),
        Just("f"),
        Just("5"),
        Just("%00"),
        Just("%ab"),
    ]
    .prop_map(str::to_owned);
    proptest::collection::vec(prop_oneof![9 => pieces, 1 => any::<char>().prop_map(String::from)], 0..8)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_is_accepted_stays_below_its_folder_and_reads_back_as_itself(text in hostile_text()) {
        if let Ok(path) = ArtifactPath::parse(&text) {
            prop_assert!(Path::new(path.as_str()).components().all(|part| matches!(part, Component::Normal(_))));
            prop_assert!(!path.as_str().contains(['\\', '#', '?', '\0']));
            prop_assert_eq!(ArtifactPath::parse(path.as_str()), Ok(path));
        }
    }

    #[test]
    fn right_paths_joined_and_cut_are_right_paths(folder in hostile_text(), below in hostile_text()) {
        if let (Ok(folder), Ok(below)) = (ArtifactPath::parse(&folder), ArtifactPath::parse(&below)) {
            let joined = folder.join(&below).expect("short");
            prop_assert_eq!(ArtifactPath::parse(joined.as_str()), Ok(joined.clone()));
            prop_assert_eq!(joined.relative_to(&folder), Some(below));
        }
    }
}
