package httpapi

import _ "embed"

// document is the OpenAPI document, as it is served.
//
//go:embed openapi.json
var document []byte
