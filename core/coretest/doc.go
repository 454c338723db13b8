// Package coretest holds the tests that every adapter, every store and every bus
// must pass, and what plays the rest of the program in the tests of one part.
// Only tests import it.
//
// An adapter's own part is a Platform and a few small text files: testdata/in-*.txt
// (the platform's bytes, then the envelope they must become) and
// testdata/out-*.txt (an envelope, then the request it must cause, the
// platform's answer and the result). testdata/odd-kind.txt and odd-time.txt are
// what the platform may send one day: a kind that nobody knows yet, a time that
// cannot be. Run with -update to have the files rewritten from what was observed;
// a person then reads the first rewrite against the platform's documentation.
//
// For an adapter's further tests there are Example, for its example.yaml; Open,
// Run, Serve and Fails, which take a step and look at how it went; what it lives
// on: Deps, Inbox, Values, Blobs, Log, Clock and Wire; and Seeds, for timelines.
// Node runs, beside a test, a client of the platform that somebody else wrote.
//
// A suite that takes long tries a Sample of its cases, and all of them where
// FRONTDESK_LONG is 1.
package coretest
