//! Tables of what MLflow lets through and refuses, by calling the matching functions of 3.17.2, and our differences.

use super::*;

#[track_caller]
fn check_host(rules: &[HostRule], host: &str, expected: bool) {
    assert_eq!(rules.iter().any(|rule| rule.permits(host)), expected, "host `{host}`");
}

#[track_caller]
fn check_origin(rules: &[OriginRule], origin: &str, expected: bool) {
    assert_eq!(rules.iter().any(|rule| rule.permits(origin)), expected, "origin `{origin}`");
}

#[test]
fn default_hosts_agree_with_mlflow() {
    let permitted = [
        "localhost",
        "localhost:5000",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:5000",
        "0.0.0.0:5000",
        "10.0.0.5",
        "10.0.0.5:80",
        "172.16.0.1",
        "172.31.9.9:1",
        "192.168.1.1:5000",
    ];
    let refused = ["", "::1", "172.15.0.1", "172.32.0.1", "8.8.8.8", "evil.com", "localhost.evil.com"];
    for host in permitted {
        check_host(&HostRule::defaults(), host, true);
    }
    for host in refused {
        check_host(&HostRule::defaults(), host, false);
    }
}

/// MLflow lets the first three through (a rebinding hole), refuses the others (its IPv6 pattern lacks the
/// brackets that every client sends, and its comparison minds letter case).
#[test]
fn default_hosts_differ_from_mlflow_where_mlflow_is_wrong() {
    let defaults = HostRule::defaults();
    check_host(&defaults, "10.evil.com", false);
    check_host(&defaults, "192.168.evil.com:5000", false);
    check_host(&defaults, "localhost:evil", false);
    check_host(&defaults, "[fc00:1::1]:5000", true);
    check_host(&defaults, "[fd12::1]", true);
    check_host(&defaults, "LOCALHOST:5000", true);
}

#[test]
fn configured_hosts_match_as_in_mlflow() {
    let check = |rule: &str, host: &str, expected: bool| {
        check_host(&HostRule::parse_list(rule).unwrap(), host, expected);
    };
    check("mlflow.example.com", "mlflow.example.com", true);
    check("mlflow.example.com", "mlflow.example.com:5000", false);
    check("mlflow.example.com:5000", "mlflow.example.com:5000", true);
    check("mlflow.example.com", "localhost", false);
    check("mlflow.example.com:*", "mlflow.example.com:5000", true);
    check("mlflow.example.com:*", "mlflow.example.com", false);
    check("app-*.internal.com", "app-1.internal.com", true);
    check("app-*.internal.com", "app-a.b.internal.com", true);
    check("app-*.internal.com", "app-.internal.com", true);
    check("app-*.internal.com", "app-1.internal.com:80", false);
    check("app-*.internal.com", "web-1.internal.com", false);
    check("192.168.*", "192.168.4.4:5000", true);
    check("*.x.com:5000", "a.x.com:5000", true);
    check("a, *.x.com", "b.x.com", true);
    check("a*b*c*d", "a1b2c3d", true);
    check("a*b*c*d", "a1c2b3d", false);
    check("aa*aa", "aaa", false);
    check("[::1]:5000", "[::1]:5000", true);
    check("[::1]:*", "[::1]:5000", true);
    check("*", "anything.example", true);
    check("*", "", false);
    check("MLflow.Example.com", "mlflow.example.COM", true);
}

#[test]
fn hosts_that_could_never_match_are_refused_with_what_to_write() {
    for text in ["https://mlflow.example.com", "mlflow.example.com/", "h?st*", "[[]::1]:*", ",", " "] {
        assert!(HostRule::parse_list(text).is_err(), "`{text}`");
    }
    let refusal = HostRule::parse_list("http://a").unwrap_err();
    assert!(refusal.message.contains("without scheme or path"), "{refusal}");
}

#[test]
fn default_origins_agree_with_mlflow() {
    let permitted = [
        "http://localhost:3000",
        "https://localhost",
        "http://127.0.0.1:9",
        "http://[::1]:9",
        "http://LOCALHOST:1",
    ];
    let refused = [
        "",
        "null",
        "http://0.0.0.0:9",
        "http://evil.com",
        "http://localhost.evil.com",
        "http://localhost@evil.com",
        "localhost",
    ];
    for origin in permitted {
        check_origin(&OriginRule::defaults(), origin, true);
    }
    for origin in refused {
        check_origin(&OriginRule::defaults(), origin, false);
    }
}

#[test]
fn configured_origins_match_as_in_mlflow() {
    let check = |rule: &str, origin: &str, expected: bool| {
        check_origin(&OriginRule::parse_list(rule).unwrap(), origin, expected);
    };
    check("https://app.co", "https://app.co", true);
    check("https://app.co", "https://app.co:443", false);
    check("https://app.co", "http://app.co", false);
    check("https://*.app.co", "https://a.app.co", true);
    check("https://*.app.co", "https://app.co", false);
    check("*.app.co", "https://a.app.co", true);
    check("null", "null", true);
    check("*", "http://anything.example", true);
}

#[test]
fn origins_that_could_never_match_are_refused() {
    for text in ["app.co", "https://app.co/", "https://app.co, app.co", ""] {
        assert!(OriginRule::parse_list(text).is_err(), "`{text}`");
    }
}

#[test]
fn only_a_lone_star_permits_all() {
    assert!(HostRule::parse("*").unwrap().permits_all());
    assert!(!HostRule::parse("*.x").unwrap().permits_all());
    assert!(OriginRule::parse("*").unwrap().permits_all());
    assert!(!OriginRule::defaults()[0].permits_all());
}

#[test]
fn loopback_includes_the_whole_block_and_mapped_addresses() {
    let check =
        |text: &str, expected: bool| assert_eq!(is_loopback(text.parse().unwrap()), expected, "{text}");
    check("127.0.0.1", true);
    check("127.8.8.8", true);
    check("::1", true);
    check("::ffff:127.0.0.1", true);
    check("0.0.0.0", false);
    check("::", false);
    check("192.168.1.2", false);
}
