use super::*;

#[test]
fn everything_that_is_counted_is_shown() {
    let metrics = Metrics::new();
    metrics.request(
        Webhook::Validate,
        Kind::of("StatefulSet"),
        Some(Operation::Update),
        Outcome::Denied,
        Duration::from_millis(1),
    );
    metrics.request(Webhook::Mutate, Kind::of("Secret"), Some(Operation::Create), Outcome::Abandoned, Duration::ZERO);
    metrics.in_flight().inc();
    metrics.finding("ephemeral-data", Tier::Loss, Action::Deny);
    metrics.would_deny("shared-claim", Profile::Production);
    metrics.patch("missing-requests");
    metrics.lookup("owner", Found::Unknown);
    metrics.lookup_breaker(true);
    metrics.parse_failure(ParseFailure::TooLarge);
    metrics.panicked(REQUEST);
    metrics.connections().inc();
    metrics.connection_ended(End::Evicted);
    metrics.accept_failed();
    metrics.certificate_expires(1_800_000_000);
    metrics.certificate_reload(Reload::Failed);
    let text = metrics.encode();
    for line in [
        r#"requests_total{webhook="validate",kind="StatefulSet",operation="UPDATE",outcome="denied"} 1"#,
        r#"requests_total{webhook="mutate",kind="other",operation="CREATE",outcome="abandoned"} 1"#,
        r#"request_duration_seconds_count{webhook="validate"} 1"#,
        r#"request_duration_seconds_count{webhook="mutate"} 0"#,
        "requests_in_flight 1",
        r#"findings_total{rule="ephemeral-data",tier="loss",action="deny"} 1"#,
        r#"would_deny_total{rule="shared-claim",profile="production"} 1"#,
        r#"patches_total{rule="missing-requests"} 1"#,
        r#"fact_lookups_total{question="owner",result="unknown"} 1"#,
        "fact_lookup_breaker_open 1",
        r#"parse_failures_total{cause="too_large"} 1"#,
        r#"panics_total{place="request"} 1"#,
        "connections 1",
        r#"connection_ends_total{end="evicted"} 1"#,
        "accept_errors_total 1",
        "certificate_expiry_timestamp_seconds 1800000000",
        r#"certificate_reloads_total{result="failed"} 1"#,
    ] {
        let line = format!("seawall_{line}");
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
