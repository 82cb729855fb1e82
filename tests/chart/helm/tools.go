//go:build tools

// Package helm pins the Helm that the tests of the chart run, so that `go build` finds it, at one version, through this
// folder's go.mod. The build tag keeps it out of every build: it exists for the module graph.
package helm

import (
	_ "helm.sh/helm/v4/cmd/helm"
)
