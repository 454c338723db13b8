//go:build !race

package dialog_test

const raceEnabled = false
