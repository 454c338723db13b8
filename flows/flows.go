// Package flows holds the scripts of the demo shop and the texts that every
// shop needs, as files for people who don't program: see README.md.
package flows

import "embed"

// FS has the scripts (*.yaml) and the conversations that test them (*.chat).
//
//go:embed *.yaml *.chat
var FS embed.FS

// Policies has what those who wait in line are told, as files for people who
// don't program either: see policies/README.md.
//
//go:embed policies/*.yaml
var Policies embed.FS

// Shop is what the demo shop is called; a business of its own says neither.
var Shop = []string{"小禾", "Xiaohe"}
