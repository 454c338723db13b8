// Package play holds conversations in the notation of .chat files: a Player
// plays a file against the scripts, under a clock of its own; a Talk is held
// live, by somebody who types both the customer's part and the agent's, and is
// recorded as a file that a Player can play.
//
// What decides is given: a Player has a Bot, a Talk a Receiver (the hub) and
// Records (the store). Nothing here reads the clock of the machine: a Talk is
// given one; a Player sets its own to where the file starts, moves it by the spans
// in the file and, within them, to every time at which a conversation wants to be
// woken. Between any two lines the state of the conversation is written and read
// again, as the store would. What differs from the file is a fault with its place;
// the rest of the file is played all the same.
package play
