// Package deploy tests what is deployed beside it: the chart and the manifests
// are rendered by Helm's and Kustomize's own code and decoded strictly into the
// types of Kubernetes, and the configuration in them is checked by the gateway's
// own binary. It is a module of its own, so that none of that gets into
// Gatehouse's go.mod.
package deploy
