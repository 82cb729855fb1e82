//go:build tools

// Package controlplane pins the programs of a Kubernetes control plane, so that
// `go build` finds them, at one version, through this folder's go.mod.
// The build tag keeps it out of every build: it exists for the module graph.
package controlplane

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
