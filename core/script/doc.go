// Package script reads the files in which a shop writes what its bot says, and
// makes a Book of them: entries, flows, words, hours, each node with its place.
// It also reads .chat files, in which conversations are written down (ParseChat);
// says when people are there and how that is said (Hours, Book.When); and knows
// the id of every text that the program itself needs, with the variables that it
// may use (wording.go). A Book is data. Nobody changes it once it is loaded, and any number of
// goroutines may read it.
//
// # How a Book comes about
//
//  1. every .yaml file is read to nodes with positions (node.go)
//  2. nodes are decoded, strictly, to the shapes of script.go (decode.go)
//  3. files are put together; what is there twice is a fault (load.go)
//  4. texts and conditions are compiled, every name is looked up (check.go)
//  5. what can be loaded but is wrong is found (lint.go)
//  6. a Matcher is made of the entries: core/match, or another one
//
// Load does all of it and is the only judge of whether scripts may be used.
// CheckFile does steps 1 to 5 for one file that is being written, beside a Book
// that is loaded: it trains nothing.
//
// All faults are told together, each a Problem with file, line and what to do. A
// Book's Version is the sum of its files: it stands in every event, and a
// conversation may stay on it while newer files are in force.
package script
