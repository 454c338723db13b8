package match

import (
	_ "embed"
	"sync"
)

// A Danger is what a customer, or somebody with them, is in.
type Danger string

const (
	DangerSelfharm Danger = "selfharm" // somebody wants to die, or says goodbye
	DangerViolence Danger = "violence" // somebody is beaten, threatened, followed, or threatens
	DangerMedical  Danger = "medical"  // somebody is badly ill, hurt or poisoned
	DangerSwindle  Danger = "swindle"  // somebody who only says he is the shop, the bank or the police wants money or a code
)

// Known reports whether d is one of these; other moods are none.
func (d Danger) Known() bool {
	switch d {
	case DangerSelfharm, DangerViolence, DangerMedical, DangerSwindle:
		return true
	}
	return false
}

//go:embed data/danger.txt
var dangerFile string

var dangerOutlines = sync.OnceValue(func() *outlines { return readOutlines(dangerFile) })

// DangerOf tells which danger a text speaks of, and the words that say so, as folded. Single words are none: they must
// stand in their sentence (data/danger.txt), not be denied, a mere question whether something might happen, a figure of
// speech, or told of a film; or signs of danger must stand together as they do in no calm sentence (signs.go).
func DangerOf(text string) (kind Danger, span string, ok bool) {
	kind, span = dangerIn([]rune(Fold(text)))
	return kind, span, kind != ""
}

// dangerIn a folded text, and the words that say so.
func dangerIn(text []rune) (kind Danger, span string) {
	k, from, to := dangerOutlines().meets(text)
	v := dangerSigns().judge(text, k)
	switch {
	case v.calm:
		return "", ""
	case k == "":
		k, from, to = v.kind, v.from, v.to
	}
	return Danger(k), string(text[from:to])
}
