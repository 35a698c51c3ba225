// Package configs embeds the example sale in the program.
package configs

import _ "embed"

// ExampleSale is what a first start on an empty embedded store puts on sale.
//
//go:embed example-sale.yaml
var ExampleSale []byte
