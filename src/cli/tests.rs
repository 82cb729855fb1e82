use std::time::Duration;

use super::*;

fn parse(line: &str) -> Result<Command, clap::Error> {
    Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command)
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_documented_line_is_understood() {
    let serve = "seawall serve --tls-cert c --tls-key k";
    for line in [
        serve,
        &format!("{serve} --kubeconfig f --profile production --client-ca f --listen 0.0.0.0:8443 --config f"),
        &format!("{serve} --offline --metrics-listen [::1]:9090 --log-format text --engines d"),
        &format!("{serve} --kubernetes-version v1.33.1 --drain-delay 5"),
        "seawall serve --tls-secret t --service s --webhooks w --namespace n --client-ca f",
        "seawall check a.yaml dir -",
        "seawall check -o json --profile observe --config f --kubernetes-version 1.36 --engines d a.yaml",
        "seawall fix a.yaml dir",
        "seawall fix --write --rule missing-requests --rule unfinished-shutdown --config f --profile production a.yaml",
        "seawall scan",
        "seawall scan -A --kubeconfig f --context c -o json --config f --engines d",
        "seawall scan -n shop --as-profile production --diff observe production",
        "seawall policy show shop",
        "seawall policy show shop --engine mysql --config d --kubeconfig f --profile observe -o json",
        "seawall policy show shop --labels a=b,c=d",
        "seawall inspect a.yaml -",
        "seawall explain plaintext-credentials",
        "seawall rules",
        "seawall rules -o json",
        "seawall engines",
        "seawall engines mysql",
        "seawall certs",
        "seawall certs --out d --service s --namespace n --force",
        "seawall webhooks",
        "seawall webhooks -o json --name n --namespace n --service s --port 8443 --ca-file f --reinvocation-policy Never",
        "seawall webhooks --mutate-timeout 5 --validate-timeout 30",
        "seawall guards",
        "seawall protect shop ledger --write --kubeconfig f --context c --engines d",
        "seawall protect -A",
        "seawall guards --account system:serviceaccount:a:b -o json",
        "seawall verify-install",
        "seawall verify-install --kubeconfig f --webhooks w --namespace n --service s --port 443 --pod-port 10250 --timeout 5",
        "seawall completions bash",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
}

#[test]
fn every_wrong_line_is_refused() {
    let serve = "seawall serve --tls-cert c --tls-key k";
    for line in [
        "seawall",
        "seawall serve",
        "seawall serve --tls-cert c",
        "seawall serve --tls-key k",
        "seawall serve --tls-secret t",
        "seawall serve --tls-secret t --service s --webhooks w",
        "seawall serve --tls-secret t --service s --webhooks w --namespace n --tls-cert c --tls-key k",
        &format!("{serve} --webhooks w"),
        &format!("{serve} --profile strict"),
        &format!("{serve} --listen 8443"),
        &format!("{serve} --kubernetes-version latest"),
        &format!("{serve} --drain-delay 5s"),
        &format!("{serve} --drain-delay 3600"),
        "seawall check",
        "seawall check -o yaml a.yaml",
        "seawall fix",
        "seawall fix --rule missing-request a.yaml",
        "seawall policy",
        "seawall policy show",
        "seawall policy show shop --labels a",
        "seawall policy show shop --labels a=b --kubeconfig f",
        "seawall scan shop",
        "seawall scan -A -n shop",
        "seawall scan --as-profile strict",
        "seawall scan --diff observe",
        "seawall scan --diff observe strict",
        "seawall explain",
        "seawall protect",
        "seawall protect -A shop",
        "seawall webhooks -o text",
        "seawall webhooks --validate-timeout 31",
        "seawall webhooks --port 0",
        "seawall completions",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn defaults() {
    let Ok(Command::Serve(serve)) = parse("seawall serve --tls-cert c --tls-key k") else { panic!("not understood") };
    assert_eq!(serve.listen.to_string(), "127.0.0.1:8443");
    assert_eq!(serve.metrics_listen.to_string(), "127.0.0.1:9090");
    assert_eq!(serve.judging.kubernetes_version.to_string(), "1.36");
    assert_eq!((serve.judging.profile, serve.offline), (None, false));
    assert_eq!(serve.times().leave, Duration::ZERO);
}

#[test]
fn the_server_is_told_how_long_to_stay() {
    let Ok(Command::Serve(serve)) = parse("seawall serve --tls-cert c --tls-key k --drain-delay 7") else {
        panic!("not understood")
    };
    assert_eq!(serve.times().leave, Duration::from_secs(7));
}

#[test]
fn one_connection_at_most() {
    let connection = |options: &str| match parse(&format!("seawall serve --tls-cert c --tls-key k {options}")) {
        Ok(Command::Serve(serve)) => serve.connection().ok(),
        _ => panic!("not understood: {options}"),
    };
    assert_eq!(connection(""), Some(serve::Connection::InCluster));
    assert_eq!(connection("--offline"), Some(serve::Connection::Offline));
    assert_eq!(connection("--kubeconfig f"), Some(serve::Connection::Kubeconfig("f".into())));
    assert_eq!(connection("--kubeconfig f --offline"), None);
}

#[test]
fn every_sub_command_shows_an_example() {
    for command in Cli::command().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains(&format!("seawall {}", command.get_name())), "{}", command.get_name());
    }
}
