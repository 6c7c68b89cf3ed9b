package groups_test

import (
	"testing"

	"github.com/grouprules/groups/internal/law"
)

// The state machine: random histories of people, rules, decisions and time, held against a recomputation from the facts.
// Its actions are in package law, so that every store and engine to come lives through the same histories.

func TestIncrementalEqualsFull(t *testing.T) { hosted(t, law.HistoriesEndAsTheFactsSay) }

// A changed user, manager or enrollment, a new user, one who is gone, one whom a person decided about.
func TestWhoeverChangesIsFollowed(t *testing.T) { hosted(t, law.PeopleAreFollowed) }
