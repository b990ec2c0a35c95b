module sealift.dev/test/peers/kustomize-controller/definitions

go 1.26.0

// Only downloaded, for what they publish under config/crd/bases. In the module above, source-controller would change what the program is made of.
require (
	github.com/fluxcd/kustomize-controller v1.9.5
	github.com/fluxcd/source-controller v1.9.3
)
