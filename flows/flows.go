// Package flows holds the scripts of the demo shop and the texts that every
// shop needs, as files for people who don't program: see README.md.
package flows

import "embed"

// FS has the scripts (*.yaml) and the conversations that test them (*.chat).
//
//go:embed *.yaml *.chat
var FS embed.FS
