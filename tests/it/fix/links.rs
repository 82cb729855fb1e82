//! Variables of Services are taken away only from those who cannot need them.

use std::fs;

use super::{err, fix};
use crate::scratch::Scratch;

const GRAPH: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: graph}
spec:
  serviceName: graph-members
  selector: {matchLabels: {app: graph}}
  template:
    metadata: {labels: {app: graph}}
    spec:
      containers:
        - name: neo4j
          image: neo4j:5.26.2
          env: []
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 8Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: neo4j}
spec: {selector: {app: graph}, ports: [{port: 7687}]}
";

/// What becomes of a manifest.
fn fixed(text: &str) -> String {
    let scratch = Scratch::new();
    let file = scratch.join("graph.yaml");
    fs::write(&file, text).unwrap();
    let written = fix(&["--write", "--rule", "colliding-service-variables"], &[&file]);
    assert_eq!(err(&written), "");
    fs::read_to_string(&file).unwrap()
}

#[test]
fn a_database_of_its_own_is_told_of_no_services() {
    assert!(fixed(GRAPH).contains("enableServiceLinks: false"), "{}", fixed(GRAPH));
}

#[test]
fn who_may_need_the_variables_keeps_them() {
    let with_env = |env: &str| GRAPH.replace("env: []", env);
    let sidecar = "        - {name: cache, image: registry.example.com/shop/cache:1.4.0}\n  volumeClaimTemplates:";
    let first = "      initContainers: [{name: wait, image: busybox:1.37.0}]\n      containers:";
    for text in [
        GRAPH.replace("  volumeClaimTemplates:", sidecar),
        GRAPH.replace("      containers:", first),
        with_env("env: [{name: PEER, value: http://$(REDIS_SERVICE_HOST)}]"),
        with_env("env: [{name: REDIS_SERVICE_PORT, value: \"6379\"}]"),
        with_env("args: [neo4j, --peer=$(REDIS_PORT_6379_TCP_ADDR)]"),
        with_env("command: [sh, -c, exec /startup/docker-entrypoint.sh neo4j --peer=$REDIS_SERVICE_HOST]"),
    ] {
        assert_ne!(text, GRAPH);
        assert_eq!(fixed(&text), text);
    }
}
