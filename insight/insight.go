// Package insight answers what support desks and administrators ask about rules: what is odd about this
// one, before anybody moves by it, and what would come of deleting or moving something that rules read.
//
// A [Desk] is where the questions of one tenant are answered. An answer is plain data, with JSON and a
// text for people; it is worked out afresh, and nothing is ever written. Everything about membership is
// decided by package groups: what is said about today's people is counted by its Evaluator, and what is
// said about all people there can be is proved with the rule that it compiles.
//
// The package knows no store beyond the interfaces of package groups, and no clock but the Evaluator's.
package insight

import "github.com/grouprules/groups"

// A Desk is where questions about the rules of one tenant are answered. It is safe for concurrent use.
type Desk struct {
	ev    *groups.Evaluator
	dir   groups.Directory
	store groups.Store
}

// New returns the desk of the tenant whose people are in dir and whose groups are in store, both those
// of ev.
func New(ev *groups.Evaluator, dir groups.Directory, store groups.Store) *Desk {
	return &Desk{ev, dir, store}
}
