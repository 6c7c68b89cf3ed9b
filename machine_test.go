package groups_test

import (
	"testing"

	"github.com/grouprules/groups/internal/law"
)

// The state machine: random histories of people, rules, decisions and time, held against a recomputation from the facts.
// Its actions are in package law, so that every store and engine to come lives through the same histories.

func TestIncrementalEqualsFull(t *testing.T) { hosted(t, law.HistoriesEndAsTheFactsSay) }

// A changed user, manager, enrollment or rule, a unit that moves, a new user, one who is gone, one whom a person decided
// about.
func TestEveryChangeIsFollowed(t *testing.T) { hosted(t, law.ChangesAreFollowed) }
